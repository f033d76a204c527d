import type { Command } from 'commander'
import type { Finding } from '../../../doctor/check.ts'
import { examine } from '../../../doctor/doctor.ts'
import { commandLineActor, withServices } from '../../context.ts'
import { plain, printJson, writeIds } from '../../output.ts'

const marks = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' }

export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'check settings, database, clock, credentials, redirect URIs and, if named, a customer’s tenant',
    )
    .option('--tenant <id or domain>', 'a customer’s tenant to check as well')
    .option('--json', 'print JSON')
    .action(async ({ tenant, json }: { tenant?: string; json?: boolean }) => {
      await withServices(async services => {
        const findings: Finding[] = []
        for await (const finding of examine(
          { ...services, ...services.config },
          commandLineActor,
          tenant ?? null,
        )) {
          findings.push(finding)
          if (json) continue
          const { check, outcome, message, remedy, serviceCode, requestId } = finding
          const ids = writeIds({ serviceCode, requestId })
          const lines = [`${check}: ${message}${ids && ` (${ids})`}`, remedy ?? ''].filter(
            line => line !== '',
          )
          process.stdout.write(`${marks[outcome]}  ${lines.map(plain).join('\n         ')}\n`)
        }
        if (json) printJson(findings)
        if (findings.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1
      })
    })
}
