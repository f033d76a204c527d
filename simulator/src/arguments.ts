import { parseArgs } from 'node:util'
import { z } from 'zod'
import type { SimulatorOptions } from './index.ts'

export const usage = `Usage: tenantry-simulator [options]

Plays Entra ID, Microsoft Graph security, Defender XDR and Defender for Endpoint.

  --port NUMBER             where to listen; 0 takes a free port (default 3001)
  --host ADDRESS            on which address (default 127.0.0.1)
  --tenants NUMBER          how many customers there are (default 25)
  --redirect-uri URL        a redirect URI of the app registration; may be repeated
  --public-url URL          registers the redirect URIs of a Tenantry at this address; may be repeated
  --front-channel-url URL   where the application hears of a sign-out elsewhere
  --state FILE              JSON file that keeps what happened; without it a restart forgets
  --propagation-ms P,R      how long a consent takes to show: the principal, then its roles (default 3000,6000)
  --latency-ms NUMBER       added to every answer (default 0)
  --cloud NAME              global, gcc-high or dod (default global)
  --links NAME              origin of links in answers: cloud, or own for clients that follow them (default cloud)
  --log                     one line for each request
  --help                    this text
`

const whole = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number)

const optionsSchema = z.object({
  port: whole.pipe(z.int().max(65_535)).default(3001),
  host: z.string().optional(),
  tenants: whole.optional(),
  redirectUris: z.array(z.url()).optional(),
  publicUrl: z.array(z.url()).optional(),
  frontChannelLogoutUrl: z.url().optional(),
  stateFile: z.string().optional(),
  propagationMs: z
    .string()
    .regex(/^\d+,\d+$/, 'must be two whole numbers with a comma between them')
    .transform(text => text.split(',').map(Number))
    .transform(([principal = 0, roles = 0]) => ({ principal, roles }))
    .optional(),
  latencyMs: whole.optional(),
  cloud: z.enum(['global', 'gcc-high', 'dod']).optional(),
  links: z.enum(['cloud', 'own']).optional(),
  log: z.boolean().optional(),
})

/** Arguments that cannot be used; the message says which. */
export class UsageError extends Error {}

/**
 * Reads the command line.
 *
 * @returns null when help is asked for
 * @throws UsageError
 */
export function readArguments(args: string[]): SimulatorOptions | null {
  const given = parse(args)
  if (given.help) return null
  const read = optionsSchema.safeParse({
    ...given,
    redirectUris: given['redirect-uri'],
    publicUrl: given['public-url'],
    frontChannelLogoutUrl: given['front-channel-url'],
    stateFile: given.state,
    propagationMs: given['propagation-ms'],
    latencyMs: given['latency-ms'],
  })
  if (!read.success) throw new UsageError(z.prettifyError(read.error))
  // An absent option and an undefined one mean the same.
  return Object.fromEntries(Object.entries(read.data).filter(([, value]) => value !== undefined))
}

const one = { type: 'string' } as const
const many = { type: 'string', multiple: true } as const
const flag = { type: 'boolean' } as const

/** @throws UsageError for an option that does not exist, or lacks its value */
function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: one,
        host: one,
        tenants: one,
        'redirect-uri': many,
        'public-url': many,
        'front-channel-url': one,
        state: one,
        'propagation-ms': one,
        'latency-ms': one,
        cloud: one,
        links: one,
        log: flag,
        help: flag,
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
