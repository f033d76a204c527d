import { expect, test } from 'vitest'
import { createProxyChoice } from '../../../src/platform/proxy/choose-proxy.ts'

const httpsProxy = new URL('http://proxy.partner.example:3128')

function isProxied(url: string, ...noProxy: string[]): boolean {
  return createProxyChoice({ httpsProxy, noProxy })(new URL(url)) === httpsProxy
}

test('without a proxy everything is reached directly', () => {
  expect(
    createProxyChoice({ httpsProxy: null, noProxy: [] })(new URL('https://graph.microsoft.com')),
  ).toBeNull()
})

test.each([
  'http://127.0.0.1:3001/',
  'https://localhost:3000/',
  'https://[::1]/',
  'https://127.8.0.1/',
  'http://169.254.169.254/metadata/identity',
])('%s is never reached through the proxy', url => {
  expect(isProxied(url)).toBe(false)
})

test.each<[url: string, noProxy: string[], proxied: boolean]>([
  ['https://graph.microsoft.com/v1.0', [], true],
  ['https://graph.microsoft.com/v1.0', ['*'], false],
  ['https://graph.microsoft.com/v1.0', ['graph.microsoft.com'], false],
  ['https://graph.microsoft.com/v1.0', ['Microsoft.com'], false],
  ['https://graph.microsoft.com/v1.0', ['.microsoft.com'], false],
  ['https://graph.microsoft.com/v1.0', ['*.microsoft.com'], false],
  ['https://graph.microsoft.com/v1.0', ['soft.com'], true],
  ['https://graph.microsoft.com/v1.0', ['graph.microsoft.com:8443'], true],
  ['https://graph.microsoft.com/v1.0', ['graph.microsoft.com:443'], false],
  ['https://graph.microsoft.com./v1.0', ['graph.microsoft.com'], false],
  ['https://10.1.2.3:8443/', ['10.0.0.0/8'], false],
  ['https://11.1.2.3:8443/', ['10.0.0.0/8'], true],
  ['https://10.1.2.3:8443/', ['10.1.2.3:8443'], false],
  ['https://[fd00::7]/', ['fd00::/8'], false],
  ['https://[fd00::7]/', ['fd00::7'], false],
  ['https://[fd00::7]/', ['[fd00::7]:443'], false],
])('%s with NO_PROXY %j goes through the proxy: %s', (url, noProxy, proxied) => {
  expect(isProxied(url, ...noProxy)).toBe(proxied)
})
