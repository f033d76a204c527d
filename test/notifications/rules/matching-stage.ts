import { afterAll, beforeAll, beforeEach } from 'vitest'
import { analyst, givenRules, type RuleStage } from './stage.ts'

export let stage: RuleStage

export const titles = async (actor = analyst) =>
  (await stage.notifications.list(actor)).items.map(({ title }) => title)

/** Rules on an empty store before each test. */
export function useRuleStage(): void {
  beforeAll(async () => {
    stage = await givenRules()
  })
  afterAll(() => stage?.close())
  beforeEach(() => stage.clean())
}
