import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { ChooseProxy } from './choose-proxy.ts'
import { openTunnel } from './open-tunnel.ts'

const timeoutMs = 10_000

/** The agent that leads to an address. */
export type AgentFor = (url: URL) => HttpAgent

/** For libraries that go through Node's own http, by the same decision as every other call. */
export function createAgents(chooseProxy: ChooseProxy): AgentFor {
  const http = new HttpAgent({ keepAlive: true })
  const https = new HttpsAgent({ keepAlive: true })
  const tunnels = new Map<string, HttpsAgent>()
  return url => {
    const proxy = chooseProxy(url)
    if (proxy === null) return url.protocol === 'https:' ? https : http
    const agent = tunnels.get(proxy.href) ?? new TunnelAgent(proxy)
    tunnels.set(proxy.href, agent)
    return agent
  }
}

type Connected = (error: Error | null, stream: Duplex) => void

class TunnelAgent extends HttpsAgent {
  readonly #proxy: URL

  constructor(proxy: URL) {
    super({ keepAlive: true })
    this.#proxy = proxy
  }

  override createConnection(options: RequestOptions, connected?: Connected): undefined {
    openTunnel(this.#proxy, `${options.host}:${options.port ?? 443}`, timeoutMs).then(
      // TLS begins on the socket that is handed in.
      socket => {
        const secured = super.createConnection({ ...options, socket } as RequestOptions)
        if (secured) connected?.(null, secured)
      },
      // On an error Node looks at no stream.
      error => connected?.(error, undefined as unknown as Duplex),
    )
  }
}
