#!/usr/bin/env node
/**
 * The command `tenantry-simulator`. Plain JavaScript: an older Node can say
 * what is wrong, and below node_modules Node reads no TypeScript by itself.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const stripTypes = `--import=${new URL('./strip-types.mjs', import.meta.url)}`

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`The simulator needs Node 24 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}

if (import.meta.url.includes('/node_modules/') && !process.execArgv.includes(stripTypes)) {
  // A process of its own, since only what Node was started with reaches its threads.
  const options = [stripTypes, '--disable-warning=ExperimentalWarning']
  const args = [...options, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', code => process.exit(code ?? 1))
} else {
  await import('../src/main.ts')
}
