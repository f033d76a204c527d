import { Command, CommanderError } from 'commander'
import { z } from 'zod'
import { SettingsError } from '../config.ts'
import { AppError, RemoteError } from '../errors.ts'
import { apiKeyCommands } from './commands/access/api-key.ts'
import { approvalCommands } from './commands/access/approvals.ts'
import { auditCommands } from './commands/access/audit.ts'
import { suspensionCommands } from './commands/access/suspension.ts'
import { huntCommand } from './commands/hunting/hunt.ts'
import { huntsCommand } from './commands/hunting/hunts.ts'
import { queryCommands } from './commands/hunting/queries.ts'
import { scheduleCommands } from './commands/hunting/schedules.ts'
import { incidentsCommand } from './commands/incidents.ts'
import { backupCommands } from './commands/installation/backup.ts'
import { doctorCommand } from './commands/installation/doctor.ts'
import { keyCommands } from './commands/installation/key.ts'
import { migrateCommand } from './commands/installation/migrate.ts'
import { inviteCommand } from './commands/invite.ts'
import { tenantCommands } from './commands/tenants.ts'
import { tokenCommand } from './commands/token.ts'
import { verifyCommand } from './commands/verify.ts'
import { Interrupted, listenForInterruption } from './interruption.ts'
import { writeFailure } from './output.ts'

const program = new Command('tenantry')
  .description('Customers, their consent and their Microsoft Defender data, from the command line.')
  .showHelpAfterError('(add --help for how to use it)')
  // "queries show --json" is of show, not of queries.
  .enablePositionalOptions()
  .exitOverride()

doctorCommand(program)
migrateCommand(program)
backupCommands(program)
apiKeyCommands(program)
inviteCommand(program)
tenantCommands(program)
verifyCommand(program)
suspensionCommands(program)
approvalCommands(program)
keyCommands(program)
tokenCommand(program)
incidentsCommand(program)
huntCommand(program)
huntsCommand(program)
queryCommands(program)
scheduleCommands(program)
auditCommands(program)

listenForInterruption()

// Exit codes are part of the contract: 0 done, 1 failed, 2 wrong use.
process.exitCode = await program.parseAsync().then(() => process.exitCode ?? 0, explain)
// Output into a pipe is written later than it is sent.
await new Promise(done => process.stdout.write('', done))
process.exit()

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof Interrupted) return error.exitCode
  if (error instanceof SettingsError) console.error(error.message)
  else if (error instanceof AppError) {
    console.error(`${error.code}: ${error.message}${error.remedy ? `. ${error.remedy}` : ''}`)
    for (const line of problemLines(error.details.problems)) console.error(line)
  } else if (error instanceof RemoteError) {
    console.error(`${error.failure.service}: ${writeFailure(error.failure)}`)
  } else console.error(error)
  return 1
}

/** Where a query is wrong, one line each, as compilers write it. */
function problemLines(problems: unknown): string[] {
  const read = z
    .array(z.object({ line: z.number(), column: z.number(), message: z.string(), severity: z.string() }))
    .safeParse(problems)
  return (read.data ?? []).map(
    ({ line, column, message, severity }) => `  ${line}:${column}  ${severity}  ${message}`,
  )
}
