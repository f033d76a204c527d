import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createMetrics } from '../src/metrics/metrics.ts'
import { knownNames } from '../src/settings/settings-table.ts'

const deploy = fileURLToPath(new URL('../deploy/', import.meta.url))
const read = (path: string) => readFileSync(deploy + path, 'utf8')

/** Names of metrics as they are exported, with those that histograms and counters add. */
function exportedNames(): Set<string> {
  const nothing = () => {
    throw new Error('not asked')
  }
  const { registry } = createMetrics({
    tokens: nothing,
    tenants: nothing,
    openCircuits: nothing,
    pool: { totalCount: 0, idleCount: 0, waitingCount: 0, options: {} },
    backlog: nothing,
    version: '0',
    role: 'all',
  })
  const names = registry.getMetricsAsArray().map(({ name }) => name)
  return new Set(names.flatMap(name => [name, `${name}_bucket`, `${name}_count`, `${name}_sum`]))
}

test('the dashboard and the alert rules ask for metrics that there are', () => {
  const exported = exportedNames()
  const { panels } = JSON.parse(read('monitoring/dashboard.json'))
  const { groups } = parse(read('monitoring/alerts.yaml'))
  const expressions = [
    ...panels.flatMap((panel: { targets: { expr: string }[] }) => panel.targets.map(({ expr }) => expr)),
    ...groups.flatMap((group: { rules: { expr: string }[] }) => group.rules.map(({ expr }) => expr)),
  ]
  const asked = new Set(expressions.flatMap(text => text.match(/\b(tenantry|nodejs|process)_\w+/g) ?? []))

  expect([...asked].filter(name => !exported.has(name))).toEqual([])
  expect(expressions.length).toBeGreaterThan(30)
})

test('every setting that the files name is one', () => {
  const files = readdirSync(deploy, { recursive: true, encoding: 'utf8' }).filter(file =>
    /\.(ya?ml|tpl|service|example)$|Containerfile$/.test(file),
  )
  // What compose itself reads, from its own .env.
  const ofCompose = new Set(['TENANTRY_HOST', 'TENANTRY_IMAGE'])

  const unknown = files.flatMap(file =>
    [...read(file).matchAll(/\bTENANTRY_[A-Z_]*[A-Z]\b/g)]
      .map(([name]) => name)
      .filter(name => !knownNames.includes(name) && !ofCompose.has(name))
      .map(name => `${file}: ${name}`),
  )

  expect(unknown).toEqual([])
})

test('the compose file names a secret for everything that is one, and gives none a value', () => {
  const { services, secrets } = parse(read('compose.yaml'), { merge: true })

  for (const name of ['web', 'worker', 'migrate']) {
    const { environment, read_only: isReadOnly, user } = services[name]
    expect(isReadOnly).toBe(true)
    expect(user).toBe('10001:10001')
    expect(environment).not.toHaveProperty('DATABASE_URL')
    expect(environment).not.toHaveProperty('TENANTRY_SECRET_KEY')
    for (const secret of services[name].secrets) expect(secrets).toHaveProperty([secret])
  }
})
