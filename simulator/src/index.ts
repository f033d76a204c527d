import type { AddressInfo } from 'node:net'
import type { Control } from './control/control.ts'
import type { Propagation } from './entra/directory.ts'
import type { SimulatedCloud } from './hosts.ts'
import { makeServer } from './server.ts'
import type { World } from './world.ts'

export type SimulatorOptions = {
  /** 0, the default, takes a free one */
  port?: number
  host?: string
  /** how many customers there are; 25 by default */
  tenants?: number
  /** base URLs of a Tenantry, whose redirect URIs are registered */
  publicUrl?: string | string[]
  /** further redirect URIs of the registration */
  redirectUris?: string[]
  /** JSON file that keeps the world; absent, it lives in memory */
  stateFile?: string
  /** how long a consent takes to show, in milliseconds; a few seconds by default */
  propagationMs?: Propagation
  latencyMs?: number
  log?: boolean
  cloud?: SimulatedCloud
  /** links in answers carry the cloud's own origin, or with `own` the simulator's */
  links?: 'cloud' | 'own'
  /** where applications hear of a sign-out elsewhere */
  frontChannelLogoutUrl?: string
}

export type Simulator = {
  origin: string
  world: World
  control: Control
  /** stops answering and writes the state */
  close(): Promise<void>
}

/**
 * Starts the simulated cloud.
 *
 * @throws Error when the port is taken, or the state file cannot be read
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', publicUrl = [], redirectUris = [] } = options
  const server = await makeServer({
    tenants: options.tenants ?? 25,
    publicUrls: [publicUrl].flat(),
    redirectUris,
    cloud: options.cloud ?? 'global',
    links: options.links ?? 'cloud',
    propagation: options.propagationMs ?? { principal: 3000, roles: 6000 },
    latencyMs: options.latencyMs ?? 0,
    log: options.log ?? false,
    ...(options.stateFile !== undefined && { stateFile: options.stateFile }),
    ...(options.frontChannelLogoutUrl !== undefined && {
      frontChannelLogoutUrl: options.frontChannelLogoutUrl,
    }),
  })

  try {
    await server.app.listen({ port, host })
  } catch (error) {
    await server.app.close()
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new Error(`The simulator cannot listen on ${host}:${port}: another program uses that port.`, {
        cause: error,
      })
    }
    throw error
  }

  const address = server.app.server.address() as AddressInfo
  const shownHost = host === '0.0.0.0' ? '127.0.0.1' : host === '::' || host === '::1' ? '[::1]' : host
  const origin = `http://${shownHost}:${address.port}`
  server.setOrigin(origin)
  return {
    origin,
    world: server.world,
    control: server.control,
    async close() {
      await server.app.close()
      await server.store.flush()
    },
  }
}
