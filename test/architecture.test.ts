import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../src/', import.meta.url))
const simulator = fileURLToPath(new URL('../simulator/', import.meta.url))

type Import = { from: string; to: string }

/** Every import statement below a folder, as paths below that folder or package names. */
function importsBelow(folder: string): Import[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.startsWith('generated'))
    .flatMap(file => {
      const text = readFileSync(join(folder, file), 'utf8')
      const statements = /(?:^|\n)(?:import|export)[^'"]*?from '([^']+)'|import\('([^']+)'\)/g
      return [...text.matchAll(statements)].map(match => {
        const target = match[1] ?? match[2] ?? ''
        return {
          from: file,
          to: target.startsWith('.') ? relative(folder, join(folder, dirname(file), target)) : target,
        }
      })
    })
}

const imports = importsBelow(root)

/** Folders in the order of who may build on whom; a folder imports itself and what stands before it. */
const layers = [
  ['errors.ts', 'log.ts', 'version.ts', 'generated', 'platform'],
  ['microsoft'],
  ['audit', 'tenants', 'settings', 'installation'],
  ['config.ts'],
  ['staff', 'suspension', 'metrics', 'invitations', 'consent', 'verification', 'onboarding'],
  ['approvals', 'incidents', 'devices', 'hunting', 'notifications', 'reports', 'doctor', 'demo', 'backup'],
  ['background.ts', 'services', 'services.ts'],
  ['web', 'cli'],
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
    return layerOf(to) >= 0 && layerOf(from) >= 0 && layerOf(to) > layerOf(from)
  })

  expect(upward).toEqual([])
})

test('every folder below src has its place in the order', () => {
  const strangers = new Set(
    imports.map(({ from }) => from.split('/')[0] ?? '').filter(top => layerOf(top) < 0),
  )

  expect([...strangers]).toEqual([])
})

test('only web knows Fastify', () => {
  expect(found(({ from, to }) => /^(fastify|@fastify\/)/.test(to) && !from.startsWith('web/'))).toEqual([])
})

test('only store files, the database folder and services.ts know Prisma', () => {
  const isAllowed = (from: string) =>
    /(^|\/)(store|[a-z-]+-store)\.ts$|^platform\/database\/|^services\.ts$|(^|\/)store\//.test(from)
  expect(found(({ from, to }) => /^@prisma\/|^generated\//.test(to) && !isAllowed(from))).toEqual([])
})

test('the simulator is the other side of the wire: neither imports the other', () => {
  const leaving = (wrong: Import[]) => wrong.filter(({ to }) => to.startsWith('..'))

  expect(found(({ to }) => to.startsWith('../simulator'))).toEqual([])
  const ofProgram = importsBelow(simulator).filter(({ from }) => !from.startsWith('test/'))
  expect(leaving(ofProgram)).toEqual([])
})

test('only config.ts reads the environment', () => {
  const readers = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && file !== 'config.ts' && !file.startsWith('generated'))
    .filter(file => /process\.env/.test(readFileSync(join(root, file), 'utf8')))

  expect(readers).toEqual([])
})

test('the query language is loaded in the processes that analyse queries, and nowhere else', () => {
  const analysis = 'hunting/query/analysis/'
  const intruders = found(
    ({ from, to }) =>
      (to.startsWith(analysis) || to.startsWith('@kusto/language-service')) && !from.startsWith(analysis),
  )

  expect(intruders).toEqual([])
})

test('no line of a view is longer than 160 characters', () => {
  const views = fileURLToPath(new URL('../views/', import.meta.url))
  const long = readdirSync(views, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.(eta|css|js|svg|json|md)$/.test(file))
    .flatMap(file =>
      readFileSync(join(views, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (line.length > 160 ? [`${file}:${index + 1}`] : [])),
    )

  expect(long).toEqual([])
})
