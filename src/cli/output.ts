import type { Failure } from '../errors.ts'

/** Data goes to standard output, words about it to standard error. */

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** Aligned columns; cells are made one line and stripped of control characters, as they may come from customers. */
export function printTable(headings: string[], rows: (string | number | null)[][]): void {
  const cells = [headings, ...rows.map(row => row.map(cell => plain(cell === null ? '–' : String(cell))))]
  const widths = headings.map((_, column) =>
    Math.min(60, Math.max(...cells.map(row => row[column]?.length ?? 0))),
  )
  for (const row of cells) {
    process.stdout.write(
      `${row
        .map((cell, column) => fitted(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    )
  }
}

/** What people search for and what Microsoft's support asks for, in one piece; empty when there is neither. */
export function writeIds({
  serviceCode,
  requestId,
}: {
  serviceCode: string | null
  requestId: string | null
}): string {
  return [serviceCode, requestId && `request id ${requestId}`].filter(Boolean).join(', ')
}

/** A failure in one line. */
export function writeFailure({ code, message, remedy, ...ids }: Failure): string {
  const written = writeIds(ids)
  return plain(`${code}: ${message} ${remedy}${written && ` (${written})`}`)
}

/** One line of text that cannot move the cursor or colour the terminal. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}

function fitted(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)
}

/** Writes data; a full pipe is waited for, so memory stays flat however slow the reader is. */
export async function write(piece: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(piece)) await new Promise(done => process.stdout.once('drain', done))
}

export function say(message: string): void {
  process.stderr.write(`${message}\n`)
}
