import { readdir } from 'node:fs/promises'
import type { Bench, Report } from './report.ts'

/** Files here that measure nothing themselves. */
const others = [
  'main',
  'report',
  'collect',
  'token-server',
  'hunt-server',
  'hunt-services',
  'hunt-export',
  'incident-data',
  'incident-queries',
  'incident-ingest',
  'incident-rounds',
]

const files = await readdir(import.meta.dirname)
const names = files
  .filter(file => file.endsWith('.ts'))
  .map(file => file.slice(0, -3))
  .filter(name => !others.includes(name))
const [name = '', ...rest] = process.argv.slice(2)

if (!names.includes(name) || rest.length > 0) {
  process.stderr.write(`Usage: npm run bench -- ${names.join('|')}\n`)
  process.exit(2)
}

let missed = 0
const report: Report = {
  figure: (label, value) => console.log(`      ${label}: ${value}`),
  target(label, value, isMet) {
    if (!isMet) missed++
    console.log(`${isMet ? 'PASS' : 'FAIL'}  ${label}: ${value}`)
  },
}

const bench = (await import(`./${name}.ts`)) as Bench
await bench.run(report)
if (missed > 0) process.exitCode = 1
