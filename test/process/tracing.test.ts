import { chmod } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startEmbedded } from '../../src/platform/database/embedded.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { freePort, runTenantry } from '../helpers/process.ts'

type Attribute = { key: string; value: { stringValue?: string } }
type ReceivedSpan = { traceId: string; parentSpanId?: string; name: string; attributes: Attribute[] }
type Received = {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: ReceivedSpan[] }[] }[]
}

/** A collector of OpenTelemetry on this machine, which takes JSON. */
async function givenCollector(): Promise<{ origin: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    received.push(JSON.parse(text))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

const spansOf = (received: Received[]) =>
  received.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  )
const valuesOf = (span: ReceivedSpan | undefined) =>
  Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, value.stringValue]))

test('a trace that comes in goes on, is sent to the collector, and holds no address with a secret', async () => {
  const collector = await givenCollector()
  const dataDir = await temporaryFolder()
  await chmod(dataDir, 0o755)
  const port = await freePort()
  const tenantry = runTenantry({
    TENANTRY_DATA_DIR: dataDir,
    PORT: String(port),
    TENANTRY_SIMULATOR_PORT: String(await freePort()),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
    OTEL_SERVICE_NAME: 'console',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  })
  await tenantry.wrote('Tenantry is ready at')
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }

  await fetch(`http://localhost:${port}/join/secret-token-of-a-link?code=secret-code`, { headers })
  const own = () => spansOf(collector.received).filter(span => span.traceId === traceId)
  await expect.poll(() => own().map(span => span.parentSpanId)).toContain('b7ad6b7169203331')
  tenantry.signal('SIGTERM')
  const code = await tenantry.ended

  expect(code).toBe(0)
  const request = own().find(span => span.parentSpanId === 'b7ad6b7169203331')
  expect(valuesOf(request)).toMatchObject({ 'http.route': '/join/:token', 'url.path': '/join/:token' })
  const resource = collector.received[0]?.resourceSpans[0]?.resource.attributes ?? []
  expect(Object.fromEntries(resource.map(({ key, value }) => [key, value.stringValue]))).toMatchObject({
    'service.name': 'console',
    'service.version': expect.any(String),
    'tenantry.role': 'all',
  })
  expect(JSON.stringify(collector.received)).not.toContain('secret-')
  await startEmbedded(dataDir).then(server => server.stop())
})
