/**
 * Looks for packages with known vulnerabilities, as the registry knows them.
 * Says so when the registry does not answer: then nothing was found out, which
 * is no failure of the checkout. Exit code 1 when there is one of high or
 * critical severity.
 */
import { spawnSync } from 'node:child_process'
import { root } from './prepare.mjs'

const program = process.env.npm_execpath
const [command, first] = program?.endsWith('npm-cli.js') ? [process.execPath, [program]] : ['npm', []]
const { stdout, error } = spawnSync(command, [...first, 'audit', '--json', '--loglevel=silent'], {
  cwd: root,
  encoding: 'utf8',
  timeout: 120_000,
  maxBuffer: 64 * 1024 * 1024,
})
process.exitCode = tell(readReport(stdout ?? ''), error)

/** @returns {Record<string, any>} empty when it is no report */
function readReport(text) {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** @returns {number} the exit code */
function tell(report, error) {
  if (!report.vulnerabilities) {
    const why = error?.message || report.error?.summary || report.message || 'it gave no report'
    console.error(`Known vulnerabilities were not looked for: the registry does not answer (${why}).`)
    return 0
  }
  const found = Object.values(report.vulnerabilities)
  const bad = found.filter(({ severity }) => severity === 'high' || severity === 'critical')
  for (const { name, severity, range, fixAvailable } of found) {
    console.error(`${severity}: ${name} ${range}${fixAvailable ? ' (a newer version cures it)' : ''}`)
  }
  const packages = report.metadata?.dependencies?.total ?? 'all'
  console.error(
    `${packages} packages looked at: ${found.length} with known vulnerabilities, ${bad.length} high or critical.`,
  )
  return bad.length > 0 ? 1 : 0
}
