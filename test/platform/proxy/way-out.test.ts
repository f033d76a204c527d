import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { RemoteError } from '../../../src/errors.ts'
import {
  createMemoryQuotaStore,
  createQuotas,
  createRemote,
  type Remote,
} from '../../../src/microsoft/http/index.ts'
import { keyVaultSecretCredential } from '../../../src/microsoft/tokens/credentials/key-vault-secret.ts'
import { createSender } from '../../../src/notifications/webhooks/send.ts'
import { createProxyChoice } from '../../../src/platform/proxy/choose-proxy.ts'
import { trustAuthorities } from '../../../src/platform/proxy/trust-authorities.ts'
import { freePort } from '../../helpers/process.ts'
import { type ConnectProxy, startConnectProxy, startTlsServer } from '../../helpers/proxy.ts'

const hosts = ['graph.microsoft.com', 'partner.vault.azure.net', 'hooks.partner.example', '93.184.216.34']

let server: Awaited<ReturnType<typeof startTlsServer>>
let proxy: ConnectProxy
let asked: string[]
let remote: Remote

beforeAll(async () => {
  server = await startTlsServer(hosts, (request, response) => {
    asked.push(`${request.method} ${request.headers.host}${request.url}`)
    const body = request.url?.startsWith('/secrets/')
      ? { value: 'from-the-vault', id: 'https://partner.vault.azure.net/secrets/name/1', attributes: {} }
      : { value: [] }
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  trustAuthorities([server.certificatePem])
})

beforeEach(async () => {
  await proxy?.close()
  await remote?.close()
  asked = []
  proxy = await startConnectProxy(server.port)
  remote = remoteBy(proxy.url.replace('//', '//partner:p%40ss@'))
})

afterAll(async () => {
  await remote?.close()
  await proxy?.close()
  await server?.close()
})

function chooseFor(proxyUrl: string, ...noProxy: string[]) {
  return createProxyChoice({ httpsProxy: new URL(proxyUrl), noProxy })
}

function remoteBy(proxyUrl: string): Remote {
  const quotas = createQuotas({ store: createMemoryQuotaStore() })
  return createRemote({ quotas, random: () => 0, chooseProxy: chooseFor(proxyUrl) })
}

function readIncidents(way = remote) {
  return way.call({
    service: 'graph',
    tenantId: null,
    method: 'GET',
    url: new URL('https://graph.microsoft.com/v1.0/security/incidents'),
    attempts: 1,
  })
}

async function failureOf(task: Promise<unknown>) {
  const error = await task.then(
    () => null,
    thrown => thrown,
  )
  if (error instanceof RemoteError) return error.failure
  throw error ?? new Error('it succeeded')
}

test('Microsoft is asked through the proxy, by name, with the proxy’s user and password', async () => {
  for (let calls = 0; calls < 5; calls += 1) await readIncidents()

  expect(asked).toEqual(Array(5).fill('GET graph.microsoft.com/v1.0/security/incidents'))
  expect(new Set(proxy.targets)).toEqual(new Set(['graph.microsoft.com:443']))
  expect(new Set(proxy.authorizations)).toEqual(
    new Set([`Basic ${Buffer.from('partner:p@ss').toString('base64')}`]),
  )
  // Connections are kept.
  expect(proxy.targets.length).toBeLessThan(5)
})

test.each([
  [407, 'proxy_refused', true, /refused a connection to graph\.microsoft\.com:443 \(407\): it wants a user/],
  [403, 'proxy_refused', true, /refused a connection to graph\.microsoft\.com:443 \(403\)\.$/],
  [503, 'network', false, /could not connect to graph\.microsoft\.com:443 \(503\)/],
])('a proxy that answers %s is a failure of its own', async (status, code, permanent, words) => {
  proxy.refuse(status)

  const failure = await failureOf(readIncidents())

  expect(failure).toMatchObject({ code, permanent, whoseMove: 'partner', status: null })
  expect(failure.message).toMatch(words)
  expect(JSON.stringify(failure)).not.toContain('p%40ss')
})

test('a proxy that is not there is named, and tried again later', async () => {
  const port = await freePort()
  const way = remoteBy(`http://127.0.0.1:${port}`)

  const failure = await failureOf(readIncidents(way))

  expect(failure).toMatchObject({
    code: 'proxy_unreachable',
    permanent: false,
    serviceCode: 'EPROXY_UNREACHABLE',
    message: `The proxy 127.0.0.1:${port} cannot be reached (ECONNREFUSED).`,
    remedy: expect.stringContaining('HTTPS_PROXY'),
  })
  await way.close()
})

test('Key Vault is asked through the proxy, by the same rules', async () => {
  const secret = (...noProxy: string[]) =>
    keyVaultSecretCredential({
      vaultUrl: 'https://partner.vault.azure.net',
      name: 'name',
      label: 'vault',
      identity: { getToken: async () => ({ token: 'identity', expiresOnTimestamp: Date.now() + 3_600_000 }) },
      chooseProxy: chooseFor(proxy.url, ...noProxy),
      now: () => new Date(),
    })

  expect(await secret().present('audience')).toEqual({ kind: 'secret', secret: 'from-the-vault' })
  expect(proxy.targets).toEqual(['partner.vault.azure.net:443'])

  proxy.refuse(407)
  expect(await failureOf(secret().present('audience'))).toMatchObject({
    service: 'key-vault',
    code: 'proxy_refused',
    serviceCode: 'EPROXY_REFUSED',
  })
  proxy.refuse(null)

  // The libraries' own reading of NO_PROXY does not take a domain without its dot.
  proxy.targets.length = 0
  await secret('azure.net')
    .present('audience')
    .catch(() => {})
  expect(proxy.targets).toEqual([])
})

test('a webhook’s name is resolved here, and the proxy is asked for the address that was checked', async () => {
  const sender = senderResolving('93.184.216.34')

  const outcome = await sender.send(message('https://hooks.partner.example/alerts'))

  expect(outcome).toMatchObject({ isDelivered: true, status: 200 })
  expect(asked).toEqual(['POST hooks.partner.example/alerts'])
  expect(proxy.targets).toEqual(['93.184.216.34:443'])
  await sender.close()
})

test.each([
  ['10.0.0.5', false],
  ['127.0.0.1', false],
  ['169.254.169.254', true],
])('a webhook whose name leads to %s is not sent, also not by the proxy', async (address, allowPrivate) => {
  const sender = senderResolving(address)

  const outcome = await sender.send(message('https://hooks.partner.example/alerts', allowPrivate))

  expect(outcome).toMatchObject({ isDelivered: false, isWorthRepeating: false, status: null })
  expect(proxy.targets).toEqual([])
  await sender.close()
})

test('what the proxy says about a webhook is what its page says', async () => {
  const sender = senderResolving('93.184.216.34')
  proxy.refuse(403)

  const outcome = await sender.send(message('https://hooks.partner.example/alerts'))

  expect(outcome).toMatchObject({ isDelivered: false, isWorthRepeating: true })
  expect(outcome.error).toContain('refused a connection to 93.184.216.34:443 (403)')
  await sender.close()
})

function message(url: string, allowPrivate = false) {
  return { url, allowPrivate, headers: {}, body: '{}' }
}

/** A sender for which every name has one address. */
function senderResolving(address: string) {
  const resolve = (_host: string, _options: object, callback: (...results: unknown[]) => void) =>
    callback(null, [{ address, family: 4 }])
  return createSender({
    chooseProxy: chooseFor(proxy.url),
    resolve: resolve as typeof import('node:dns').lookup,
  })
}
