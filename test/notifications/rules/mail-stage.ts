import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type MailServer, startMailServer } from '../../helpers/mail-server.ts'
import { anAlert } from '../../incidents/given-incidents.ts'
import { analyst, givenRules, type RuleStage } from './stage.ts'

export let mail: MailServer

export let stage: RuleStage

export const toMail = { targets: [{ kind: 'email' as const, address: 'soc@partner.example' }] }

export const withAlerts = { alerts: [anAlert('a')] }

export async function deliveries(ruleId: string) {
  return (await stage.rules.deliveries(analyst, ruleId)).items
}

/** Rules that tell by e-mail, and the server that takes it. */
export function useMail(): void {
  beforeAll(async () => {
    mail = await startMailServer()
    stage = await givenRules({ smtpUrl: mail.url })
  })
  afterAll(async () => {
    await stage?.close()
    await mail.close()
  })
  beforeEach(async () => {
    await stage.clean()
    mail.received.length = 0
    mail.answer('ok')
  })
}
