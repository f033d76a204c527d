import { existsSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type AuditExportFormat, auditExportFormats, exportAudit } from '../../../audit/export.ts'
import type { ChainCheck } from '../../../audit/verification/broken.ts'
import { textField } from '../../../hunting/results/export/csv.ts'
import { isGuid } from '../../../platform/guid.ts'
import { commandLineActor, withServices } from '../../context.ts'
import { printJson, say, write } from '../../output.ts'

type ExportOptions = {
  format: AuditExportFormat
  actor?: string
  action?: string
  tenant?: string
  result?: string
  since?: Date
  until?: Date
}

export function auditCommands(program: Command): void {
  const audit = program.command('audit').description('verify the audit, or export it')

  audit
    .command('verify')
    .description('check that no event was changed or removed; exit code 1 when one was')
    .option(
      '--anchors <file>',
      'heads that were collected elsewhere, in place of audit-anchors.jsonl',
      fileThatIsThere,
    )
    .option('--json', 'print JSON')
    .action(async ({ anchors, json }: { anchors?: string; json?: boolean }) => {
      await withServices(async ({ auditChecks }) => {
        const check = await auditChecks.run(commandLineActor, anchors ? { anchorFile: anchors } : {})
        if (json) printJson(check)
        else say(wordsOf(check))
        if (!check.intact) process.exitCode = 1
      })
    })

  audit
    .command('acknowledge-restore')
    .description('record that a backup was restored on purpose, and verify; exit code 1 when that is not all')
    .requiredOption('--reason <text>', 'why, for whoever reads the audit')
    .option('--json', 'print JSON')
    .action(async ({ reason, json }: { reason: string; json?: boolean }) => {
      await withServices(async ({ auditChecks }) => {
        const check = await auditChecks.acknowledgeRestore(commandLineActor, reason)
        if (json) printJson(check)
        else say(wordsOf(check))
        if (!check.intact) process.exitCode = 1
      })
    })

  audit
    .command('export')
    .description('write events to standard output, newest first')
    .addOption(
      new Option('--format <format>', 'how to write them')
        .choices(Object.keys(auditExportFormats))
        .default('ndjson'),
    )
    .option('--actor <name or id>', 'of one person, key or program')
    .option('--action <action>', 'such as tenant.connected')
    .option('--tenant <id>', 'about one tenant', tenantIdOf)
    .option('--result <result>', 'ok, refused or failed')
    .option('--since <time>', 'at this time or later, ISO 8601', timeOf)
    .option('--until <time>', 'before this time, ISO 8601', timeOf)
    .action(async ({ format, tenant, ...rest }: ExportOptions) => {
      const filters = { ...rest, ...(tenant ? { tenantId: tenant } : {}) }
      await withServices(async ({ db, audit: recorded }) => {
        const deps = { db, audit: recorded, textField }
        for await (const piece of exportAudit(deps, commandLineActor, filters, format)) await write(piece)
      })
    })
}

function wordsOf({ intact, events, anchors, restores, firstBroken }: ChainCheck): string {
  if (!intact)
    return `Broken at event ${firstBroken?.id}: ${firstBroken?.reason}. ${events} events before it hold.`
  const acknowledged = restores > 0 ? ` Acknowledged restores: ${restores}.` : ''
  return `All ${events} events hold; ${anchors} heads outside the database fit.${acknowledged}`
}

/** A name with a mistake is not taken for a file without heads. @throws InvalidArgumentError, which ends the command with exit code 2 */
function fileThatIsThere(path: string): string {
  if (!existsSync(path)) throw new InvalidArgumentError('There is no such file.')
  return path
}

/** Tenants that were removed have events, too. @throws InvalidArgumentError, which ends the command with exit code 2 */
function tenantIdOf(text: string): string {
  if (!isGuid(text))
    throw new InvalidArgumentError('It must be the id of a tenant, as "tenantry tenants" lists it.')
  return text.toLowerCase()
}

/** @throws InvalidArgumentError, which ends the command with exit code 2 */
function timeOf(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('It must be a time such as 2026-11-29T08:00:00Z.')
  return time
}
