import { Agent, fetch, type RequestInit, type Response } from 'undici'

/** Straight to this machine, whatever the environment says about proxies. */
const dispatcher = new Agent({ keepAliveTimeout: 1_000 })

/**
 * Asks the simulator beside this process.
 *
 * @throws TypeError when it does not answer
 */
export async function askSimulator(origin: string, path: string, init: RequestInit = {}): Promise<Response> {
  return await fetch(origin + path, { ...init, dispatcher })
}
