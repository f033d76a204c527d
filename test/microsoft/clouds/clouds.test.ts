import { expect, test } from 'vitest'
import { clouds, issuerV1, issuerV2, type Surface } from '../../../src/microsoft/clouds/clouds.ts'

const tenantId = '6a1e0c1e-9f1d-4a51-8a0e-2c5a4f4f1d01'

test('GCC has government Defender hosts behind the commercial login and Graph', () => {
  expect(clouds.gcc.loginOrigin).toBe(clouds.global.loginOrigin)
  expect(clouds.gcc.origins).toEqual({
    graph: 'https://graph.microsoft.com',
    defender: 'https://api-gcc.security.microsoft.us',
    endpoint: 'https://api-gcc.securitycenter.microsoft.us',
  })
})

test('GCC High and DoD differ in Graph and portal alone', () => {
  const { graph: _high, ...high } = clouds['gcc-high'].origins
  const { graph: _dod, ...dod } = clouds.dod.origins

  expect(high).toEqual(dod)
  expect(clouds.dod.origins.graph).toBe('https://dod-graph.microsoft.us')
  expect(clouds['gcc-high'].loginOrigin).toBe(clouds.dod.loginOrigin)
})

test('China has no Defender API and says so', () => {
  expect(clouds.china.origins).toMatchObject({ defender: null, endpoint: null })
  expect(clouds.china.missing.join(' ')).toMatch(/devices/)
})

test('each cloud names itself, is reached by https and has a resource for every surface it offers', () => {
  for (const [name, cloud] of Object.entries(clouds)) {
    expect(cloud.name).toBe(name)
    for (const surface of ['graph', 'defender', 'endpoint'] satisfies Surface[]) {
      expect(cloud.origins[surface] === null).toBe(cloud.resources[surface] === null)
      expect(cloud.origins[surface] ?? 'https://').toMatch(/^https:\/\/[a-z.-]*$/)
    }
  }
})

test('issuers are spelled as tokens carry them', () => {
  expect(issuerV2(clouds.global, tenantId)).toBe(`https://login.microsoftonline.com/${tenantId}/v2.0`)
  expect(issuerV1(clouds.global, tenantId)).toBe(`https://sts.windows.net/${tenantId}/`)
  expect(issuerV1(clouds.china, tenantId)).toBe(`https://sts.chinacloudapi.cn/${tenantId}/`)
})
