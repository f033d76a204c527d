import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createAudit } from '../../src/audit/audit.ts'
import { createForwarding } from '../../src/audit/forwarding.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { makeCertificate } from '../microsoft/tokens/certificate.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database?.drop())

/** A collector of syslog over TLS whose certificate this process trusts while the test runs. */
async function givenCollector() {
  const { keyPem, certificatePem } = makeCertificate({ hosts: ['127.0.0.1'] })
  const received: Buffer[] = []
  const server = createServer({ key: keyPem, cert: certificatePem }, socket => {
    socket.on('data', data => received.push(data))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, certificatePem])
  onTestFinished(() => {
    setDefaultCACertificates(before)
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, received: () => Buffer.concat(received) }
}

/** Reads frames by octet counting (RFC 5425, 4.3): digits, a space, so many bytes. */
function framesOf(stream: Buffer): string[] {
  const frames: string[] = []
  let rest = stream
  while (rest.length > 0) {
    const space = rest.indexOf(' ')
    const length = rest.subarray(0, space).toString()
    expect(length).toMatch(/^[1-9]\d*$/)
    const end = space + 1 + Number(length)
    expect(rest.length).toBeGreaterThanOrEqual(end)
    frames.push(rest.subarray(space + 1, end).toString('utf8'))
    rest = rest.subarray(end)
  }
  return frames
}

/** RFC 5424: PRI VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID, no structured data, a message in UTF-8 behind a BOM. */
const rfc5424 =
  /^<(?<pri>\d{1,3})>1 (?<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (?<host>[\x21-\x7e]{1,255}) tenantry (?<pid>\d+) (?<id>\S{1,32}) - \ufeff(?<text>[^\n]*)$/

test('a collector that is trusted gets every event once, in order, as RFC 5424 over TLS', async () => {
  const audit = createAudit({ db: database.db, key: randomBytes(32) })
  const targets = ['plain', 'Zoë – 東京 🔐', 'two\nlines', '<13>1 forged frame']
  for (const target of targets) await audit.record({ actor: systemActor, action: 'test.done', target })
  const { port, received } = await givenCollector()
  const forwarding = createForwarding({
    db: database.db,
    target: { kind: 'syslog', host: '127.0.0.1', port },
    log: { warn: () => {}, error: () => {} },
    post: async () => expect.fail('nothing is posted'),
  })

  const sent = await forwarding.forward()
  const again = await forwarding.forward()

  expect([sent, again]).toEqual([4, 0])
  const messages = framesOf(received()).map(frame => rfc5424.exec(frame)?.groups)
  // Facility 13 (log audit), severity 5 (notice).
  for (const message of messages) {
    expect(message).toMatchObject({ pri: '109', pid: String(process.pid), id: 'audit-event' })
  }
  const events = messages.map(message => JSON.parse(message?.text ?? ''))
  expect(events.map(({ target }) => target)).toEqual(targets)
  expect(events.map(({ at }) => at)).toEqual(messages.map(message => message?.at))
})
