import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError, RemoteError } from '../../../src/errors.ts'
import { createEndpoints } from '../../../src/microsoft/clouds/endpoints.ts'

const none = { login: null, graph: null, defender: null, endpoint: null }
const local = {
  login: 'http://localhost:3001',
  graph: 'http://127.0.0.1:3002',
  defender: 'https://defender.partner.example',
  endpoint: 'http://[::1]:3003/',
}

describe('a URL', () => {
  test('goes to the cloud’s own host when nothing is substituted', () => {
    const endpoints = createEndpoints('gcc-high', none)

    expect(endpoints.url('login', '/organizations/adminconsent?x=1').href).toBe(
      'https://login.microsoftonline.us/organizations/adminconsent?x=1',
    )
    expect(endpoints.url('graph', '/v1.0/security/incidents').href).toBe(
      'https://graph.microsoft.us/v1.0/security/incidents',
    )
  })

  test('goes to the substituted origin with path and query unchanged', () => {
    const endpoints = createEndpoints('global', local)

    expect(endpoints.url('endpoint', "/api/machines?$filter=a eq 'b'").href).toBe(
      'http://[::1]:3003/api/machines?$filter=a%20eq%20%27b%27',
    )
    expect(endpoints.cloud.resources.endpoint).toBe('https://api.securitycenter.microsoft.com')
  })

  test('cannot be talked into another host by its path', () => {
    const { url } = createEndpoints('global', none)

    expect(url('graph', '//evil.example/x').origin).toBe('https://graph.microsoft.com')
    expect(() => url('graph', '@evil.example/')).toThrow(TypeError)
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), path => {
        expect(url('graph', `/${path}`).origin).toBe('https://graph.microsoft.com')
      }),
    )
  })

  test('of a surface that the cloud lacks is refused by name', () => {
    const { url } = createEndpoints('china', none)

    expect(() => url('defender', '/api/incidents')).toThrow(RemoteError)
    expect(url('graph', '/v1.0/organization').host).toBe('microsoftgraph.chinacloudapi.cn')
  })
})

describe('a link inside an answer', () => {
  const endpoints = createEndpoints('global', local)

  test.each([
    ['https://graph.microsoft.com/v1.0/security/incidents?$skiptoken=a%2Bb'],
    ['http://127.0.0.1:3002/v1.0/security/incidents?$skiptoken=a%2Bb'],
    ['HTTPS://GRAPH.microsoft.com:443/v1.0/security/incidents?$skiptoken=a%2Bb#part'],
  ])('%s leads to the substituted origin', link => {
    expect(endpoints.admitLink('graph', link).href).toBe(
      'http://127.0.0.1:3002/v1.0/security/incidents?$skiptoken=a%2Bb',
    )
  })

  test.each([
    ['https://evil.example/v1.0/security/incidents'],
    ['https://graph.microsoft.com.evil.example/'],
    ['https://graph.microsoft.com@evil.example/'],
    ['https://user:pw@graph.microsoft.com/'],
    ['http://graph.microsoft.com/'],
    ['https://graph.microsoft.com:444/'],
    ['https://api.security.microsoft.com/api/incidents'],
    ['http://localhost:3002/'],
    ['//evil.example/'],
    ['/v1.0/security/incidents'],
    ['javascript:alert(1)'],
    [''],
  ])('%s is refused', link => {
    expect.assertions(1)
    try {
      endpoints.admitLink('graph', link)
    } catch (error) {
      expect((error as RemoteError).failure).toMatchObject({
        code: 'foreign_link',
        service: 'graph',
        permanent: true,
      })
    }
  })

  test('never leads anywhere but to the one origin', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string()), link => {
        try {
          expect(endpoints.admitLink('graph', link).origin).toBe('http://127.0.0.1:3002')
        } catch (error) {
          expect(error).toBeInstanceOf(RemoteError)
        }
      }),
    )
  })
})

describe('the ways to an API', () => {
  const newer = 'https://api.security.microsoft.com'
  const older = 'https://api.securitycenter.microsoft.com'

  test('are two hosts for Defender for Endpoint, the newer with either token, and one for the others', () => {
    const { bases } = createEndpoints('global', none)

    expect(bases('endpoint')).toEqual([
      { origin: older, tokenOf: 'endpoint' },
      { origin: newer, tokenOf: 'endpoint' },
      { origin: newer, tokenOf: 'defender' },
    ])
    expect(bases('graph')).toEqual([{ origin: 'https://graph.microsoft.com', tokenOf: 'graph' }])
    expect(createEndpoints('dod', none).bases('endpoint')).toHaveLength(1)
    expect(() => createEndpoints('china', none).bases('endpoint')).toThrow(RemoteError)
  })

  test('follow the substitution of the host they go to, and are one where that is one', () => {
    const origins = (given: object) =>
      createEndpoints('global', { ...none, ...given })
        .bases('endpoint')
        .map(({ origin }) => origin)
    const stand = 'http://localhost:3003'
    const other = 'http://localhost:3004'

    expect(origins({ endpoint: stand })).toEqual([stand])
    expect(origins({ endpoint: stand, defender: stand })).toEqual([stand])
    expect(origins({ endpoint: stand, defender: other })).toEqual([stand, other, other])
    expect(origins({ defender: other })).toEqual([older, other, other])
  })

  test('admit links to regional hosts of the same API, and lead them to the global one', () => {
    const { admitLink } = createEndpoints('global', none)

    for (const host of ['eu.api.security.microsoft.com', 'api-us.securitycenter.microsoft.com'])
      expect(admitLink('endpoint', `https://${host}/api/machines?$skip=5`).href).toBe(
        `${older}/api/machines?$skip=5`,
      )
    const [, second] = createEndpoints('global', none).bases('endpoint')
    expect(admitLink('endpoint', `${newer}/api/machines?$skip=5`, second).href).toBe(
      `${newer}/api/machines?$skip=5`,
    )
    expect(admitLink('endpoint', `${older}/api/machines`, second).origin).toBe(newer)
    expect(() => admitLink('graph', 'https://eu.api.security.microsoft.com/x')).toThrow(RemoteError)
  })
})

describe('substituting', () => {
  test('moves each of the four hosts and leaves all others', () => {
    const { substitute } = createEndpoints('global', local)

    expect(substitute(new URL('https://login.microsoftonline.com/common?a=1#b')).href).toBe(
      'http://localhost:3001/common?a=1#b',
    )
    expect(substitute(new URL('https://api.security.microsoft.com/api/incidents')).href).toBe(
      'https://defender.partner.example/api/incidents',
    )
    expect(substitute(new URL('https://vault.partner.example/keys')).href).toBe(
      'https://vault.partner.example/keys',
    )
  })

  test('without origins changes nothing', () => {
    const url = new URL('https://graph.microsoft.com/v1.0/x?y=z')

    expect(createEndpoints('global', none).substitute(url).href).toBe(url.href)
  })

  test.each([
    ['http://stand-in.example'],
    ['not a url'],
    ['https://a.example/path'],
    ['https://u@a.example'],
    ['ftp://localhost'],
  ])('the origin %s is refused', graph => {
    expect(() => createEndpoints('global', { ...none, graph })).toThrow(AppError)
  })
})

describe('clouds behind one login', () => {
  test.each([
    ['global', ['global', 'gcc']],
    ['gcc', ['gcc', 'global']],
    ['gcc-high', ['gcc-high']],
    ['dod', ['dod']],
    ['china', ['china']],
  ] as const)('a registration of %s works in %j', (name, served) => {
    expect(createEndpoints(name, none).served).toEqual(served)
  })

  test('differ in their Defender hosts, and a link of the one is not followed for the other', () => {
    const endpoints = createEndpoints('global', none)
    const gcc = endpoints.inCloud('gcc')

    expect(gcc.url('graph', '/v1.0').href).toBe('https://graph.microsoft.com/v1.0')
    expect(gcc.url('endpoint', '/api').href).toBe('https://api-gcc.securitycenter.microsoft.us/api')
    expect(() => gcc.admitLink('endpoint', 'https://api.securitycenter.microsoft.com/api')).toThrow(
      RemoteError,
    )
    expect(endpoints.inCloud('dod')).toBe(endpoints)
  })
})
