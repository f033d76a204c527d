import { expect, test } from 'vitest'
import { readIncidentId, writeIncidentId } from '../../src/incidents/incident-id.ts'

test('ids are written and read back, and nothing else is taken for one', () => {
  const tenantId = '6a1e0c1e-9f1d-4a51-8a0e-2c5a4f4f1d01'

  expect(readIncidentId(writeIncidentId(tenantId, '4711'))).toEqual({ tenantId, incidentId: '4711' })
  for (const wrong of ['4711', `${tenantId}:x`, `${tenantId}:1:2`, ':1', `x${tenantId}:1`])
    expect(readIncidentId(wrong)).toBeNull()
})
