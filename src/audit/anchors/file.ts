import { createReadStream } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { makePrivateFolder } from '../../platform/private-folder.ts'
import { type Anchor, anchorSchema } from './anchor.ts'

/** Appends one line. Several processes may write the same file: a line is one write. */
export async function appendAnchor(path: string, anchor: Anchor): Promise<void> {
  await makePrivateFolder(dirname(path))
  await appendFile(path, `${JSON.stringify(anchor)}\n`, { mode: 0o600, flush: true })
}

/**
 * Reads anchors, oldest first; none when there is no file.
 *
 * @returns null for a line that is none; the last may be half-written, as by a machine that lost power
 */
export async function* readAnchors(path: string): AsyncGenerator<Anchor | null> {
  const stream = createReadStream(path)
  try {
    for await (const line of createInterface({ input: stream })) {
      if (line.trim() !== '') yield parse(line)
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  } finally {
    stream.destroy()
  }
}

function parse(line: string): Anchor | null {
  try {
    return anchorSchema.parse(JSON.parse(line))
  } catch {
    return null
  }
}
