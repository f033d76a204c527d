import type { Command } from 'commander'
import type { ApprovalView } from '../../../approvals/model.ts'
import { commandLineActor, withServices } from '../../context.ts'
import { printJson, printTable, say, writeFailure } from '../../output.ts'

/** What waits for a second person. Whoever may run the command line may decide, as `command line` in the audit. */
export function approvalCommands(program: Command): void {
  program
    .command('approvals')
    .description('list acts that wait for a second person')
    .option('--all', 'also those that ended')
    .option('--json', 'print JSON')
    .action(async ({ all, json }: { all?: boolean; json?: boolean }) => {
      await withServices(async ({ approvals }) => {
        const filters = all ? {} : { statuses: ['waiting'] as const }
        const { items } = await approvals.list(commandLineActor, filters, { limit: 200 })
        if (json) return printJson(items)
        if (items.length === 0) return say('No requests are waiting.')
        printTable(
          ['ID', 'STATUS', 'WHAT', 'ASKED BY', 'UNTIL', 'DECIDED BY'],
          items.map(one => [one.id, one.status, one.summary, one.askedBy, one.expiresAt, one.decidedBy]),
        )
      })
    })

  decisionCommand(program, 'approve', 'approve an act that waits, and have it done', true)
  decisionCommand(program, 'reject', 'reject an act that waits', false)
}

function decisionCommand(program: Command, name: string, description: string, approve: boolean): void {
  program
    .command(name)
    .description(description)
    .argument('<id>', 'from "tenantry approvals"')
    .option('--comment <text>', 'why', '')
    .option('--json', 'print JSON')
    .action(async (id: string, { comment, json }: { comment: string; json?: boolean }) => {
      await withServices(async ({ approvals }) => {
        const ended = await approvals.decide(commandLineActor, id, { approve, comment })
        if (json) printJson(ended)
        else say(wordsOf(ended))
        process.exitCode = ended.status === 'failed' ? 1 : 0
      })
    })
}

function wordsOf({ status, error, summary }: ApprovalView): string {
  return `${status}: ${summary}${error ? ` (${writeFailure(error)})` : ''}`
}
