import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../src/', import.meta.url))

type Import = { from: string; to: string }

/** Every import statement of the source, as paths below src/ or package names. */
const imports: Import[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts') && !file.startsWith('generated'))
  .flatMap(file => {
    const text = readFileSync(join(root, file), 'utf8')
    return [...text.matchAll(/(?:^|\n)(?:import|export)[^'"]*?from '([^']+)'|import\('([^']+)'\)/g)].map(
      match => {
        const target = match[1] ?? match[2] ?? ''
        return {
          from: file,
          to: target.startsWith('.') ? relative(root, join(root, dirname(file), target)) : target,
        }
      },
    )
  })

/** Folders in the order of who may build on whom; a folder imports itself and what stands before it. */
const layers = [
  ['errors.ts', 'generated', 'database'],
  ['clouds', 'remote'],
  ['audit', 'tenants', 'tokens', 'settings', 'installation', 'jobs', 'log.ts'],
  ['config.ts'],
  ['staff', 'consent', 'defender', 'metrics'],
  ['incidents', 'devices', 'hunting', 'notifications', 'doctor', 'demo'],
  ['background.ts', 'services.ts'],
  ['http', 'cli'],
  ['process.ts', 'main.ts'],
]

function layerOf(path: string): number {
  const top = path.split('/')[0] ?? ''
  return layers.findIndex(layer => layer.includes(top))
}

function found(wrong: (one: Import) => boolean): string[] {
  return imports.filter(wrong).map(({ from, to }) => `${from} imports ${to}`)
}

test('domain code never imports what is built on it', () => {
  const upward = found(({ from, to }) => {
    if (from.startsWith('simulator') || to.startsWith('simulator')) return false
    return layerOf(to) >= 0 && layerOf(from) >= 0 && layerOf(to) > layerOf(from)
  })

  expect(upward).toEqual([])
})

test('every folder below src has its place in the order', () => {
  const strangers = new Set(
    imports
      .map(({ from }) => from.split('/')[0] ?? '')
      .filter(top => layerOf(top) < 0 && top !== 'simulator'),
  )

  expect([...strangers]).toEqual([])
})

test('only http and the simulator know Fastify', () => {
  expect(
    found(({ from, to }) => /^(fastify|@fastify\/)/.test(to) && !/^(http|simulator)\//.test(from)),
  ).toEqual([])
})

test('only store files, the database folder and services.ts know Prisma', () => {
  const isAllowed = (from: string) =>
    /(^|\/)(store|[a-z-]+-store)\.ts$|^database\/|^services\.ts$|(^|\/)store\//.test(from)
  expect(found(({ from, to }) => /^@prisma\/|^generated\//.test(to) && !isAllowed(from))).toEqual([])
})

test('the simulator is the other side of the wire: neither knows the other', () => {
  const isEntry = (to: string) => to === 'simulator/registration.ts'

  expect(found(({ from, to }) => from.startsWith('simulator/') && layerOf(to) >= 0)).toEqual([])
  expect(
    found(({ from, to }) => !from.startsWith('simulator/') && to.startsWith('simulator/') && !isEntry(to)),
  ).toEqual([])
})

test('only config.ts reads the environment', () => {
  const readers = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && file !== 'config.ts' && !file.startsWith('generated'))
    .filter(file => /process\.env/.test(readFileSync(join(root, file), 'utf8')))

  expect(readers).toEqual([])
})
