import type { Command } from 'commander'
import type { FindingView, RunView, ScheduleView } from '../../../hunting/schedules/model.ts'
import { commandLineActor, withServices } from '../../context.ts'
import { printJson, printTable, say } from '../../output.ts'
import { followRun } from '../../schedule-run.ts'

type Json = { json?: boolean }

export function scheduleCommands(program: Command): void {
  const schedules = program
    .command('schedules')
    .description('list schedules: saved queries run by the clock')
    .option('--json', 'print JSON')
    .action(async ({ json }: Json) => {
      await withServices(async ({ schedules }) => {
        const found: ScheduleView[] = []
        let cursor: string | null = null
        do {
          const page: { items: ScheduleView[]; nextCursor: string | null } = await schedules.list(
            commandLineActor,
            { limit: 200, cursor },
          )
          found.push(...page.items)
          cursor = page.nextCursor
        } while (cursor)
        if (json) return printJson(found)
        if (found.length === 0) return say('No schedules. Make the first one on the page of a saved query.')
        printTable(
          ['SCHEDULE', 'STATE', 'CLOCK', 'NEXT RUN (UTC)', 'LAST RUN', 'NAME'],
          found.map(schedule => [
            schedule.id,
            stateOf(schedule),
            `${schedule.cron} ${schedule.timeZone}`,
            schedule.ownerProblem ? null : (schedule.nextRunAt?.slice(0, 16).replace('T', ' ') ?? null),
            schedule.lastRun ? outcomeOf(schedule.lastRun) : null,
            schedule.name,
          ]),
        )
      })
    })

  schedules
    .command('run')
    .description('run a schedule now, and print what each tenant answered')
    .argument('<name>', 'name or id')
    .option('--json', 'print JSON')
    .action(async (name: string, { json }: Json) => {
      await withServices(async services => {
        const { id } = await services.schedules.lookUp(commandLineActor, name)
        const run = await followRun(services, commandLineActor, id)
        if (json) printJson(run)
        else printFindings(run.findings)
        say(`${outcomeOf(run)}: ${services.publicUrl}/schedules/${id}/runs/${run.id}`)
        if (run.error?.remedy) say(run.error.remedy)
        process.exitCode = run.status === 'done' ? 0 : 1
      })
    })

  for (const [name, enabled, description] of [
    ['pause', false, 'keep the clock from starting a schedule'],
    ['resume', true, 'let the clock start a schedule again'],
  ] as const) {
    schedules
      .command(name)
      .description(description)
      .argument('<name>', 'name or id')
      .option('--json', 'print JSON')
      .action(async (nameOrId: string, { json }: Json) => {
        await withServices(async ({ schedules }) => {
          const { id } = await schedules.lookUp(commandLineActor, nameOrId)
          const schedule = await schedules.setEnabled(commandLineActor, id, enabled)
          if (json) return printJson(schedule)
          say(
            schedule.nextRunAt
              ? `"${schedule.name}" runs next at ${schedule.nextRunAt}.`
              : `"${schedule.name}" is paused.`,
          )
        })
      })
  }
}

function stateOf({ enabled, openRunId, ownerProblem }: ScheduleView): string {
  if (ownerProblem) return 'owner gone'
  if (openRunId) return 'running'
  return enabled ? 'on' : 'paused'
}

function outcomeOf({ status, newRows, tenants, error }: RunView): string {
  if (status === 'failed') return `failed: ${error?.message ?? 'no reason was noted'}`
  if (status !== 'done') return 'running'
  return `${newRows} new, ${tenants.answered}/${tenants.asked} answered`
}

function printFindings(findings: FindingView[]): void {
  if (findings.length === 0) return
  printTable(
    ['TENANT', 'NAME', 'ANSWER', 'ROWS', 'NEW', 'NOTE'],
    findings.map(({ tenantId, tenantName, outcome, rowCount, newCount, isBaseline, isMuted, error }) => [
      tenantId,
      tenantName,
      outcome,
      rowCount,
      isBaseline ? 0 : newCount,
      error?.code ?? (isBaseline ? 'first answer, only noted' : isMuted ? 'muted' : null),
    ]),
  )
}
