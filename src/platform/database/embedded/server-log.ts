import { copyFile, readFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'

const mostBytes = 5_000_000

/** What the server writes to standard error goes to the end of this file. */
export function serverLog(folder: string): string {
  return join(folder, 'server.log')
}

/**
 * Moves a log that has grown large to `server.log.1`, in the place of the one
 * before. The server goes on writing at the end of the file that it has open.
 */
export async function rotateLog(folder: string): Promise<void> {
  const log = serverLog(folder)
  const size = await stat(log).then(
    file => file.size,
    () => 0,
  )
  if (size < mostBytes) return
  await copyFile(log, `${log}.1`)
  await truncate(log)
}

/** The last lines that the server wrote, as one line; empty when there are none. */
export async function lastWords(folder: string): Promise<string> {
  const text = await readFile(serverLog(folder), 'utf8').catch(() => '')
  return text.trim().split('\n').slice(-3).join(' | ')
}
