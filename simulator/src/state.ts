import { readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { demoRegistration, demoSecondSecret, requiredPermissions } from './registration.ts'

const surface = z.enum(['graph', 'defender', 'endpoint'])
const license = z.enum(['defender-xdr', 'endpoint', 'office365', 'identity', 'cloud-apps', 'entra-p2'])

/** What differs in one tenant from how it was made; times are milliseconds since the Unix epoch. */
const tenantState = z.strictObject({
  deleted: z.boolean().optional(),
  /** why Microsoft blocks the tenant */
  blocked: z.enum(['inactivity', 'fraud']).optional(),
  licenses: z.array(license).optional(),
  /** service principals of the APIs, where they differ from what the licenses give */
  resources: z.partialRecord(surface, z.enum(['present', 'missing', 'disabled'])).optional(),
  /** the enterprise application: our service principal in this tenant */
  principal: z
    .strictObject({ objectId: z.string(), visibleAt: z.number(), disabled: z.boolean() })
    .optional(),
  grants: z.array(z.strictObject({ surface, role: z.string(), visibleAt: z.number() })),
  consentedBy: z.strictObject({ objectId: z.string(), username: z.string(), at: z.number() }).optional(),
})

const permission = z.strictObject({ surface, role: z.string(), id: z.string() })
const secret = z.strictObject({ value: z.string(), expiresAt: z.number() })
const federatedCredential = z.strictObject({
  issuer: z.string(),
  subject: z.string(),
  audience: z.string(),
  /** public keys of the issuer; absent when the simulator itself is the issuer */
  keys: z.array(z.record(z.string(), z.unknown())).optional(),
})

const savedState = z.strictObject({
  version: z.literal(1),
  epoch: z.number(),
  clockOffsetMs: z.number(),
  tenants: z.record(z.string(), tenantState),
  registration: z.strictObject({
    secrets: z.array(secret),
    certificates: z.array(z.string()),
    federatedCredentials: z.array(federatedCredential),
    permissions: z.array(permission),
  }),
  /** by tenant, kind and id */
  overlay: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))),
})

export type TenantState = z.infer<typeof tenantState>
export type FederatedCredential = z.infer<typeof federatedCredential>
type SavedState = z.infer<typeof savedState>

function freshState(now: number): SavedState {
  const expiresAt = now + 730 * 86_400_000
  return {
    version: 1,
    epoch: now,
    clockOffsetMs: 0,
    tenants: {},
    registration: {
      secrets: [
        { value: demoRegistration.clientSecret, expiresAt },
        { value: demoSecondSecret, expiresAt },
      ],
      certificates: [],
      federatedCredentials: [],
      permissions: [...requiredPermissions],
    },
    overlay: {},
  }
}

function readState(file: string): SavedState | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  try {
    return savedState.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`The simulator cannot read its state in ${file}. Delete the file to begin a new world.`, {
      cause,
    })
  }
}

export type StateStore = {
  readonly state: SavedState
  /** Says that `state` was changed; it is written soon after. */
  changed(): void
  /** Writes what is not written yet. */
  flush(): Promise<void>
}

const writeDelayMs = 200

/**
 * Opens the world's saved state, or begins a new one. Writes are put together
 * and replace the file in one step, so a kill leaves the old file or the new one.
 *
 * @param file path of the JSON file; absent, nothing is written
 * @throws Error when the file exists but is not a state
 */
export function openState(file: string | undefined, now: number): StateStore {
  const saved = file === undefined ? undefined : readState(file)
  const state = saved ?? freshState(now)
  let timer: NodeJS.Timeout | undefined
  // A new world is written as well, or its epoch would change with a restart.
  let dirty = saved === undefined
  let writing: Promise<void> = Promise.resolve()

  async function write(target: string): Promise<void> {
    if (!dirty) return
    dirty = false
    try {
      await mkdir(dirname(target), { recursive: true })
      await writeFile(`${target}.new`, JSON.stringify(state))
      await rename(`${target}.new`, target)
    } catch (error) {
      dirty = true
      throw error
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (file !== undefined) writing = writing.catch(() => undefined).then(() => write(file))
    return writing
  }

  function changed(): void {
    dirty = true
    if (file === undefined || timer) return
    timer = setTimeout(() => {
      flush().catch(error => console.error(`The simulator's state was not saved: ${error.message}`))
    }, writeDelayMs)
  }

  if (dirty) changed()
  return { state, changed, flush }
}
