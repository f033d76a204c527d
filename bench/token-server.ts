import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parentPort } from 'node:worker_threads'

/**
 * A bare token endpoint on loopback, run as a worker so that its work is not
 * measured. It answers any tenant at once with a token of real size. A message
 * asks for the number of requests so far.
 */
let requests = 0

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const header = encode({ typ: 'JWT', alg: 'RS256', kid: 'bench', x5t: 'bench' })
const signature = 'A'.repeat(342)

const server = createServer((request, response) => {
  requests++
  let form = ''
  request.setEncoding('utf8').on('data', chunk => {
    form += chunk
  })
  request.on('end', () => {
    const fields = new URLSearchParams(form)
    const issuedAt = Math.floor(Date.now() / 1000) - 300
    const claims = {
      aud: (fields.get('scope') ?? '').split(' ')[0]?.replace(/\/\.default$/, ''),
      iss: 'https://sts.windows.net/',
      iat: issuedAt,
      exp: issuedAt + 3900,
      appid: fields.get('client_id'),
      appidacr: '1',
      roles: ['SecurityIncident.Read.All', 'SecurityAlert.Read.All', 'ThreatHunting.Read.All'],
      tid: (request.url ?? '').split('/')[1],
      uti: 'x'.repeat(400),
      ver: '1.0',
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({
        token_type: 'Bearer',
        expires_in: 3600,
        access_token: `${header}.${encode(claims)}.${signature}`,
      }),
    )
  })
})

server.listen(0, '127.0.0.1', () => {
  parentPort?.postMessage({ port: (server.address() as AddressInfo).port })
})
parentPort?.on('message', () => parentPort?.postMessage({ requests }))
