/**
 * A bare Microsoft on loopback, run as a process of its own so that its work
 * is not measured: tokens at once, hunting answers and empty lists of incidents
 * after a fixed time. A query that says `take N` gets N rows, any other 100;
 * the answers are made ahead. Told `[latency in ms]` by its argument, it tells its port to the parent.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

const latencyMs = Number(process.argv[2] ?? 200)

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const header = encode({ typ: 'JWT', alg: 'RS256', kid: 'bench', x5t: 'bench' })
const signature = 'A'.repeat(342)
const answers = new Map<number, Buffer>()
const noIncidents = Buffer.from('{"value":[]}')

const server = createServer((request, response) => {
  void textOf(request).then(text => {
    const { body, delayMs } = answerTo(request.url ?? '', text)
    const send = () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
      response.end(body)
    }
    if (delayMs > 0) setTimeout(send, delayMs)
    else send()
  })
})

function answerTo(url: string, text: string): { body: Buffer; delayMs: number } {
  if (url.includes('/oauth2/')) return { body: Buffer.from(JSON.stringify(token(url, text))), delayMs: 0 }
  if (url.includes('/security/incidents')) return { body: noIncidents, delayMs: latencyMs }
  const count = Number(/take (\d+)/.exec(text)?.[1] ?? 100)
  const body = answers.get(count) ?? Buffer.from(JSON.stringify(hunting(count)))
  answers.set(count, body)
  return { body, delayMs: latencyMs }
}

function token(url: string, form: string): object {
  const fields = new URLSearchParams(form)
  const issuedAt = Math.floor(Date.now() / 1000) - 300
  const claims = {
    aud: (fields.get('scope') ?? '').split(' ')[0]?.replace(/\/\.default$/, ''),
    iss: 'https://sts.windows.net/',
    iat: issuedAt,
    exp: issuedAt + 3900,
    appid: fields.get('client_id'),
    appidacr: '1',
    roles: ['ThreatHunting.Read.All', 'SecurityIncident.Read.All', 'SecurityAlert.Read.All'],
    tid: url.split('/')[1],
    uti: 'x'.repeat(400),
    ver: '1.0',
  }
  const access_token = `${header}.${encode(claims)}.${signature}`
  return { token_type: 'Bearer', expires_in: 3600, ext_expires_in: 3600, access_token }
}

/** Rows as process events are: about 400 bytes of JSON each. */
function hunting(count: number): object {
  const types = {
    Timestamp: 'DateTime',
    DeviceId: 'String',
    DeviceName: 'String',
    ActionType: 'String',
    FileName: 'String',
    ProcessCommandLine: 'String',
    ProcessId: 'Int64',
    ReportId: 'Int64',
    IsRemote: 'SByte',
    AdditionalFields: 'Object',
  }
  const results = Array.from({ length: count }, (_, index) => ({
    Timestamp: new Date(Date.UTC(2026, 10, 1) + index * 1357).toISOString().replace('Z', '1234Z'),
    DeviceId: (index % 97).toString(16).padStart(40, 'd'),
    DeviceName: `workstation-${index % 97}.customer.example`,
    ActionType: 'ProcessCreated',
    FileName: index % 3 === 0 ? 'powershell.exe' : 'conhost.exe',
    ProcessCommandLine: `powershell.exe -NoProfile -Command "Get-Item C:\\Data\\${index} | Out-Null"`,
    ProcessId: 4000 + index,
    'ReportId@odata.type': '#Int64',
    ReportId: 20_451 + index,
    IsRemote: index % 2 === 0,
    AdditionalFields: { Integrity: 'High', Session: index % 5 },
  }))
  return { schema: Object.entries(types).map(([name, type]) => ({ name, type })), results }
}

function textOf(request: IncomingMessage): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    request.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    request.on('end', () => resolve(text))
  })
}

server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit(0))
