import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { AppError, RemoteError } from '../../errors.ts'
import { isGuid } from '../../platform/guid.ts'
import { namedFailure, type Remote, readJson } from '../http/index.ts'
import { type Cloud, type CloudName, clouds, issuerV2 } from './clouds.ts'
import type { Endpoints } from './endpoints.ts'
import { cloudsOfRegion, type Region } from './tenant-cloud.ts'
import { readTenantIdentifier, type TenantIdentifier } from './tenant-identifier.ts'

export type DiscoveredTenant = {
  tenantId: string
  /** In lower-case ASCII; null when the tenant was named by its id. */
  domain: string | null
  cloud: CloudName
  /** Entra's `tenant_region_scope`, for instance `EU`. */
  regionScope: string | null
}

export type Discovery = {
  /**
   * Finds a tenant by its id or by a verified domain, without any credential.
   *
   * @throws AppError `tenant_not_found` for identifiers that are malformed or unknown, `wrong_cloud` for a
   *   tenant of another cloud; RemoteError when Entra could not be asked
   */
  resolve(tenantOrDomain: string): Promise<DiscoveredTenant>
}

const keptMs = 10 * 60_000
const mostKept = 1000

const textOrNull = z.string().nullish().catch(null)

/** @see Microsoft identity platform, "OpenID Connect on the Microsoft identity platform", provider metadata */
const documentShape = z.looseObject({
  issuer: z.string(),
  token_endpoint: z.string(),
  tenant_region_scope: textOrNull,
  tenant_region_sub_scope: textOrNull,
  cloud_instance_name: textOrNull,
})

type DiscoveryDocument = z.infer<typeof documentShape>

type Deps = { remote: Remote; endpoints: Endpoints; now?: () => number }

export function createDiscovery({ remote, endpoints, now = Date.now }: Deps): Discovery {
  const kept = new LRUCache<string, { tenant: DiscoveredTenant; until: number }>({ max: mostKept })

  async function read(path: string, attempts: number): Promise<DiscoveryDocument> {
    const answer = await remote.call({
      service: 'entra',
      place: 'tenant_lookup',
      // Not yet known to be a tenant: what somebody typed must not grow circuits and quotas.
      tenantId: null,
      method: 'GET',
      url: endpoints.url('login', path),
      timeoutMs: 10_000,
      deadlineMs: 20_000,
      attempts,
      maxBytes: 256 * 1024,
    })
    const document = documentShape.safeParse(readJson(answer, 'entra'))
    if (document.success) return document.data
    throw badDocument('The discovery document lacks what it must hold.')
  }

  /** The sub-scope stands in the v1.0 document when the v2.0 one leaves it out; without it GCC looks like the commercial cloud. */
  async function readRegion(identifier: TenantIdentifier, document: DiscoveryDocument): Promise<Region> {
    const region = {
      scope: document.tenant_region_scope ?? null,
      subScope: document.tenant_region_sub_scope ?? null,
      instance: document.cloud_instance_name ?? null,
    }
    if (region.subScope !== null) return region
    try {
      const older = await read(`/${identifier.value}/.well-known/openid-configuration`, 1)
      return { ...region, subScope: older.tenant_region_sub_scope ?? null }
    } catch (error) {
      // The older document only refines the answer: without it the tenant counts as one without a sub-scope.
      if (error instanceof RemoteError) return region
      throw error
    }
  }

  async function ask(identifier: TenantIdentifier): Promise<DiscoveredTenant> {
    const document = await read(`/${identifier.value}/v2.0/.well-known/openid-configuration`, 3)
    refuseForeignLogin(document)
    const region = await readRegion(identifier, document)
    const cloud = servedCloud(region)

    const tenantId =
      endpoints.admitLink('login', document.token_endpoint).pathname.split('/')[1]?.toLowerCase() ?? ''
    if (!isGuid(tenantId) || (identifier.kind === 'id' && tenantId !== identifier.value)) {
      throw badDocument('The discovery document is about another tenant than the one asked for.')
    }
    if (document.issuer.toLowerCase() !== issuerV2(endpoints.cloud, tenantId)) {
      throw badDocument('The issuer in the discovery document is not the one of this cloud.')
    }
    return {
      tenantId,
      domain: identifier.kind === 'domain' ? identifier.value : null,
      cloud,
      regionScope: region.scope,
    }
  }

  /** A tenant of another cloud may be answered with endpoints over there. */
  function refuseForeignLogin(document: DiscoveryDocument): void {
    const origin = URL.parse(document.token_endpoint)?.origin
    const there = Object.values(clouds).filter(cloud => cloud.loginOrigin === origin)
    if (there.length > 0 && origin !== endpoints.cloud.loginOrigin)
      throw wrongCloud(endpoints.cloud.label, there)
  }

  /** @throws AppError `wrong_cloud` when the registration does not work where the tenant lives */
  function servedCloud(region: Region): CloudName {
    const possible = cloudsOfRegion(region)
    const served = endpoints.served.find(name => possible.includes(name))
    if (served !== undefined) return served
    throw wrongCloud(
      endpoints.cloud.label,
      possible.map(name => clouds[name]),
    )
  }

  return {
    async resolve(tenantOrDomain) {
      const identifier = readTenantIdentifier(tenantOrDomain)
      if (!identifier) throw malformed()
      const known = kept.get(identifier.value)
      if (known && known.until > now()) return known.tenant

      const tenant = await ask(identifier).catch(error => {
        throw asAppError(error, endpoints.cloud.label)
      })
      kept.set(identifier.value, { tenant, until: now() + keptMs })
      return tenant
    },
  }
}

function badDocument(message: string): RemoteError {
  return new RemoteError(namedFailure('bad_answer', { service: 'entra', status: 200, message }))
}

function malformed(): AppError {
  return new AppError('tenant_not_found', 'That is neither a tenant id nor a domain name.', {
    remedy:
      'Give the tenant id (a GUID) or one of the verified domains of the customer, such as customer.example.',
  })
}

/** @param theirs the clouds it may live in; empty when Entra did not say */
function wrongCloud(ours: string, theirs: Cloud[], cause?: RemoteError): AppError {
  const place = theirs.map(cloud => cloud.label).join(' or ') || 'another national cloud'
  return new AppError('wrong_cloud', `This tenant lives in ${place}; this installation works in ${ours}.`, {
    remedy: `Connect it from an installation for ${place}, with an app registration made there.`,
    details: { clouds: theirs.map(cloud => cloud.name) },
    cause,
  })
}

function asAppError(error: unknown, ours: string): unknown {
  if (!(error instanceof RemoteError)) return error
  const { code, message, remedy } = error.failure
  if (code === 'tenant_not_found') return new AppError('tenant_not_found', message, { remedy, cause: error })
  if (code === 'wrong_cloud') return wrongCloud(ours, [], error)
  return error
}
