import { expect } from 'vitest'
import { demoRegistration } from '../../../simulator/src/registration.ts'
import type { Api } from '../../helpers/api.ts'
import type { Visitor } from '../../helpers/visitor.ts'
import type { Work } from './acts.ts'
import type { Run } from './run.ts'

/** Everything that Microsoft can answer badly, with the secrets quoted back at us. */
export async function microsoftAnswersBadly(
  run: Run,
  admin: Visitor,
  api: Api,
  tenantId: string,
  { incidentId }: Pick<Work, 'incidentId'>,
): Promise<void> {
  const { control } = run.running.simulator
  const token = (await run.running.services.tokens.acquire(tenantId, 'graph')).value
  const quoting = `Bearer ${token} was refused; client_secret=${demoRegistration.clientSecret}&x=1`
  const endings = [
    { kind: 'unauthorized', times: 2 },
    { kind: 'forbidden', times: 1 },
    { kind: 'truncated-json', times: 4 },
    { kind: 'reset', times: 4 },
    { kind: 'ok-with-error-body', times: 4 },
    { kind: 'status', status: 400, times: 1, body: { error: { code: 'BadRequest', message: quoting } } },
    { kind: 'status', status: 400, times: 1, body: quoting },
    { kind: 'status', status: 500, times: 4, body: `<html><title>${quoting}</title>${quoting}</html>` },
    { kind: 'throttle-text', times: 1, retryAfterSeconds: 0 },
  ] as const
  for (const fault of endings) {
    control.addFault({ service: 'graph', tenantId, ...fault })
    await api('PATCH', `/incidents/${tenantId}:${incidentId}`, { tags: ['seen'] }, { 'if-match': '*' })
    await admin.get(`/tenants/${tenantId}/incidents/999999`)
    control.clearFaults()
  }
  const atEntra = [
    { kind: 'truncated-json' },
    { kind: 'ok-with-error-body' },
    { kind: 'wrong-content-type' },
    { kind: 'aadsts', aadsts: 7000229 },
    { kind: 'status', status: 400, body: { error: 'never_heard_of', error_description: quoting } },
    { kind: 'status', status: 200, body: { token_type: 'Bearer', expires_in: 'soon', access_token: token } },
    {
      kind: 'status',
      status: 200,
      body: { token_type: 'Bearer', expires_in: 3600, access_token: `${token}x.y` },
    },
  ] as const
  // A customer each, all at once: the rate of Entra is kept per tenant.
  await Promise.all(
    atEntra.map(async fault => {
      const troubled = run.nextCustomer()
      control.grantConsent(troubled.tenantId)
      const connected = await api('POST', '/tenants', { tenant: troubled.tenantId, name: troubled.name })
      expect(connected.status).toBe(201)
      control.addFault({ service: 'login', tenantId: troubled.tenantId, path: '/token', ...fault })
      const checked = await api('POST', `/tenants/${troubled.tenantId}/verification`)
      expect(checked.body.lastError).not.toBeNull()
      await admin.get(`/tenants/${troubled.tenantId}`)
    }),
  )
  control.clearFaults()
  await api('POST', `/tenants/${tenantId}/verification`)
}
