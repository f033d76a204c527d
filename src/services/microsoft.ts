import { failureDetail } from '../audit/failure-detail.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { createDiscovery } from '../microsoft/clouds/discovery.ts'
import { createEndpoints } from '../microsoft/clouds/endpoints.ts'
import { createEndpointsOf } from '../microsoft/clouds/tenant-endpoints.ts'
import { createQuotaStore, createQuotas, createRemote, type Quotas } from '../microsoft/http/index.ts'
import { createTokens, type Tokens } from '../microsoft/tokens/index.ts'
import { shareTokens, tokenNews } from '../microsoft/tokens/shared-tokens.ts'
import { createBroadcast } from '../platform/database/notices/broadcast.ts'
import { createProxyChoice } from '../platform/proxy/choose-proxy.ts'
import { createSuspensionGate } from '../suspension/gate.ts'
import { findSuspensions } from '../suspension/store.ts'
import { systemActor } from '../tenants/actor.ts'
import { findTenantCloud } from '../tenants/store.ts'
import type { Base, Tuning } from './base.ts'

export type Microsoft = ReturnType<typeof createMicrosoft>

/** The way out to Microsoft: endpoints, rates, calls and tokens, which processes share. */
export function createMicrosoft(
  { config, directUrl, db, audit, log, now, random }: Base,
  tuning: Pick<Tuning, 'quotas' | 'remote'>,
  metrics: Metrics,
) {
  const nowMs = () => now().getTime()
  const endpoints = createEndpoints(config.cloud, config.substitution)
  const ownQuotas =
    tuning.quotas ??
    createQuotas({ store: createQuotaStore(db), huntingShare: config.huntingShare, now: nowMs })
  const quotas: Quotas = {
    ...ownQuotas,
    async take(key, ...rest) {
      const startedAt = performance.now()
      try {
        await ownQuotas.take(key, ...rest)
      } finally {
        metrics.quotaWaited(key.name, (performance.now() - startedAt) / 1000)
      }
    },
  }
  const chooseProxy = createProxyChoice(config.proxy)
  const gate = createSuspensionGate({
    read: () => findSuspensions(db),
    connectionString: directUrl,
    exempt: config.partnerTenantId.toLowerCase(),
    // Each process drops its own.
    onSuspended: tenantId => (tenantId === null ? ownTokens.dropAll() : ownTokens.drop(tenantId)),
    onError: error => log.warn({ err: error }, 'whether calls are suspended could not be read'),
  })
  const remote = createRemote({ chooseProxy, random, ...tuning.remote, now: nowMs, quotas, log, gate })
  const discovery = createDiscovery({ remote, endpoints, now: nowMs })
  const endpointsOf = createEndpointsOf({
    endpoints,
    stored: tenantId => findTenantCloud(db, tenantId),
    discover: discovery.resolve,
  })
  const ownTokens: Tokens = createTokens({
    ...config,
    endpoints,
    endpointsOf,
    remote,
    chooseProxy,
    log,
    now,
    random,
    onCredentialRefused(refused) {
      metrics.credentialRefused(refused)
      const { credential, failure, next } = refused
      processes.send({ kind: 'credential-refused', credential, failure })
      const detail = { ...failureDetail(failure), triedInstead: next }
      const event = { actor: systemActor, action: 'credential.refused', target: credential, detail }
      audit.record({ ...event, result: 'failed' }).catch(error => log.error({ err: error }, 'audit failed'))
    },
  })
  const processes = createBroadcast({
    connectionString: directUrl,
    db,
    channel: 'tenantry_tokens',
    schema: tokenNews,
    onMessage: news => sharedTokens.hear(news),
    onGap: () => sharedTokens.missed(),
    onError: error => log.warn({ err: error }, 'other processes could not be told, or not be heard'),
  })
  const sharedTokens = shareTokens(ownTokens, processes.send, nowMs)
  const { tokens } = sharedTokens

  return { endpoints, chooseProxy, gate, remote, discovery, endpointsOf, processes, tokens }
}
