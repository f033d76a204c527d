import { AppError, RemoteError } from '../errors.ts'
import { type Actor, requireAct } from '../tenants/actor.ts'
import type { Connect } from './connect.ts'
import { type ImportLine, mostLines, readImportLines } from './import-lines.ts'

/** What became of one line. */
export type LineOutcome = {
  line: number
  name: string | null
  tenant: string | null
  outcome: 'connected' | 'degraded' | 'disconnected' | 'verifying' | 'refused' | 'bad_line'
  tenantId: string | null
  /** Code and words when it did not go well. */
  code: string | null
  message: string | null
  remedy: string | null
}

/** Tenants that are looked at together; each costs a few requests. */
const parallel = 6

/**
 * Connects every tenant of a pasted list or CSV file. Every line gets an
 * outcome; a bad one costs no other.
 *
 * @param onOutcome told as each line is done, in whatever order
 * @returns outcomes in the order of the lines
 * @throws AppError `forbidden`; `too_large` for more than 5000 lines; `invalid` for none
 */
export async function connectMany(
  connect: Connect,
  actor: Actor,
  text: string,
  options: { onOutcome?: (outcome: LineOutcome) => void; signal?: AbortSignal } = {},
): Promise<LineOutcome[]> {
  requireAct(actor, 'manage-tenants')
  const lines = readImportLines(text)
  if (lines.length === 0) throw new AppError('invalid', 'the list is empty')
  if (lines.length > mostLines) throw new AppError('too_large', `a list has at most ${mostLines} lines`)

  const outcomes = new Map<number, LineOutcome>()
  const queue = lines[Symbol.iterator]()
  const work = async () => {
    for (const line of queue) {
      if (options.signal?.aborted) return
      const outcome = await connectLine(connect, actor, line)
      outcomes.set(line.line, outcome)
      options.onOutcome?.(outcome)
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return lines.flatMap(line => outcomes.get(line.line) ?? [])
}

async function connectLine(connect: Connect, actor: Actor, line: ImportLine): Promise<LineOutcome> {
  const none = { tenantId: null, code: null, message: null, remedy: null }
  if (line.kind === 'bad') {
    return {
      ...none,
      line: line.line,
      name: null,
      tenant: null,
      outcome: 'bad_line',
      code: 'bad_line',
      message: `${line.problem}: ${line.text}`,
    }
  }
  const entry = { line: line.line, name: line.name, tenant: line.tenant }
  try {
    const tenant = await connect.connectTenant(actor, line)
    const outcome = tenant.status as 'connected' | 'degraded' | 'disconnected' | 'verifying'
    return { ...none, ...entry, outcome, tenantId: tenant.id }
  } catch (error) {
    if (error instanceof AppError) {
      return {
        ...none,
        ...entry,
        outcome: 'refused',
        code: error.code,
        message: error.message,
        remedy: error.remedy,
      }
    }
    if (error instanceof RemoteError) {
      const { code, message, remedy } = error.failure
      return { ...none, ...entry, outcome: 'refused', code, message, remedy }
    }
    throw error
  }
}
