import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { makeCertificate } from '../microsoft/tokens/certificate.ts'

/** A small http proxy on loopback; every tunnel leads to one port, wherever it was to lead. */
export type ConnectProxy = {
  url: string
  /** Host and port of each CONNECT, in order. */
  targets: string[]
  /** `Proxy-Authorization` of each. */
  authorizations: (string | undefined)[]
  /** Status that is answered instead of a tunnel; null to open tunnels again. */
  refuse(status: number | null): void
  close(): Promise<void>
}

export async function startConnectProxy(leadsTo: number): Promise<ConnectProxy> {
  const targets: string[] = []
  const authorizations: (string | undefined)[] = []
  const open = new Set<Duplex | Socket>()
  let refusal: number | null = null
  const server = createServer((_request, response) => response.writeHead(405).end())
  server.on('connect', (request, client, head) => {
    targets.push(request.url ?? '')
    authorizations.push(request.headers['proxy-authorization'])
    open.add(client)
    client.on('error', () => {})
    if (refusal !== null) {
      client.end(`HTTP/1.1 ${refusal} Refused\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const onward = connect(leadsTo, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.write(head)
      onward.pipe(client).pipe(onward)
    })
    open.add(onward)
    onward.on('error', () => client.destroy())
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    authorizations,
    refuse(status) {
      refusal = status
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise(done => server.close(done))
    },
  }
}

/** An https server on loopback for hosts whose names lead elsewhere, and the certificate to trust for it. */
export async function startTlsServer(hosts: string[], listener: RequestListener) {
  const { keyPem, certificatePem } = makeCertificate({ hosts })
  const server = createTlsServer({ key: keyPem, cert: certificatePem }, listener)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    certificatePem,
    async close() {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
}
