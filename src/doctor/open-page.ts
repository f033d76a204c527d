import { Agent, request } from 'undici'
import type { ChooseProxy } from '../platform/proxy/choose-proxy.ts'
import { createConnector } from '../platform/proxy/connector.ts'

const timeoutMs = 15_000
const longest = 200_000

export type OpenedPage = { location: string | null; text: string }

/**
 * Opens an address as a browser would, by the same way as every other call,
 * and follows no redirect: here the redirect itself is the answer.
 *
 * @throws what undici throws
 */
export async function openPage(url: URL, chooseProxy: ChooseProxy): Promise<OpenedPage> {
  const dispatcher = new Agent({ connect: createConnector({ chooseProxy, timeoutMs }) })
  try {
    const answer = await request(url, { dispatcher, signal: AbortSignal.timeout(timeoutMs) })
    const { location } = answer.headers
    const text = (await answer.body.text()).slice(0, longest)
    return { location: typeof location === 'string' ? location : null, text }
  } finally {
    await dispatcher.destroy()
  }
}
