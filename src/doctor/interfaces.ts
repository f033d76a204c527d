import { RemoteError } from '../errors.ts'
import type { Endpoints } from '../microsoft/clouds/endpoints.ts'
import type { Remote } from '../microsoft/http/index.ts'
import { type Dependence, dependences } from '../microsoft/roles/capabilities.ts'
import { surfaceLabels } from '../microsoft/roles/roles.ts'
import type { Actor } from '../tenants/actor.ts'
import type { Tenants } from '../tenants/tenants.ts'
import { type Finding, ok, warning } from './check.ts'

type InterfaceDeps = { endpoints: Endpoints; remote: Remote; tenants: Pick<Tenants, 'count'> }

/** Where the interfaces that Microsoft ends still answer, and how many tenants depend on each. */
export async function* checkInterfaces(deps: InterfaceDeps, actor: Actor): AsyncGenerator<Finding> {
  const { endpoints } = deps
  if (endpoints.cloud.origins.endpoint !== null) yield await checkEndpointApi(deps)

  const lines = dependences()
  for (const line of lines.filter(({ instead }) => instead !== null)) {
    const count = await deps.tenants.count(actor, { dependsOn: line })
    if (count > 0)
      yield warning(`${line.label} (${surfaceLabels[line.surface]})`, until(line, count), line.ending.note)
  }
  const [first, ...others] = lines.filter(({ instead }) => instead === null)
  if (!first) return
  const anyOf = [first, ...others].flatMap(line => line.anyOf)
  const count = await deps.tenants.count(actor, { dependsOn: { ...first, anyOf } })
  if (count > 0) yield ok('device actions', `${until(first, count)}; Graph offers none`)
}

function until({ surface, ending }: Dependence, count: number): string {
  const who = count === 1 ? '1 tenant depends' : `${count} tenants depend`
  const ends = ending.certainty === 'announced' ? 'ends' : 'may end'
  return `${who} on ${surfaceLabels[surface]}, which ${ends} on ${ending.on}`
}

/** Asks each host of the API without a token: being refused shows that it is there. */
async function checkEndpointApi({ endpoints, remote }: InterfaceDeps): Promise<Finding> {
  const check = 'Defender for Endpoint API'
  const origins = [...new Set(endpoints.bases('endpoint').map(({ origin }) => origin))]
  const found = await Promise.all(
    origins.map(async origin => ({ host: new URL(origin).host, state: await stateOf(remote, origin) })),
  )
  const hosts = (state: string) => found.filter(one => one.state === state).map(({ host }) => host)
  const [answering, gone, unknown] = [hosts('answers'), hosts('gone'), hosts('unknown')]

  if (answering.length > 0) {
    const away = [...gone, ...unknown]
    const told = away.length > 0 ? `; no longer at ${away.join(', ')}` : ''
    return ok(check, `answers at ${answering.join(' and ')}${told}`)
  }
  if (unknown.length > 0)
    return warning(
      check,
      `${unknown.join(' and ')} cannot be reached`,
      'Check DNS, firewall and proxy of this machine.',
    )
  return warning(
    check,
    `Microsoft no longer serves it (${gone.join(', ')})`,
    'Devices are read through hunting where ThreatHunting.Read.All is granted; isolate and scan in the Defender portal.',
  )
}

async function stateOf(remote: Remote, origin: string): Promise<'answers' | 'gone' | 'unknown'> {
  try {
    await remote.call({
      service: 'endpoint',
      tenantId: null,
      method: 'GET',
      url: new URL(`${origin}/api/machines?$top=1`),
      timeoutMs: 10_000,
      deadlineMs: 15_000,
      attempts: 1,
    })
    return 'answers'
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    const { status } = error.failure
    if (status === 404 || status === 410) return 'gone'
    return status === null ? 'unknown' : 'answers'
  }
}
