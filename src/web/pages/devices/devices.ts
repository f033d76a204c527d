import type { FastifyInstance } from 'fastify'
import type { DeviceService } from '../../../devices/devices.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { deviceActionRoutes } from './actions.ts'
import { devicePageRoutes } from './device.ts'
import { deviceListRoutes } from './list.ts'

/** The devices of one tenant, live: look them up, open one, act on it and see what comes of that. */
export async function deviceRoutes(
  app: FastifyInstance,
  options: { tenants: Tenants; devices: DeviceService },
): Promise<void> {
  await app.register(deviceListRoutes, options)
  await app.register(devicePageRoutes, options)
  await app.register(deviceActionRoutes, options)
}
