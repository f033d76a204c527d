import { afterAll, beforeAll, beforeEach } from 'vitest'
import { createStage, type Stage } from './stage.ts'

/** The stage of the file that called `useStage`, empty before each test. */
export let stage: Stage

export function useStage(): void {
  beforeAll(async () => {
    stage = await createStage()
  })
  afterAll(() => stage.close())
  beforeEach(() => stage.clean())
}
