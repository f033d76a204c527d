import { chmod, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder that only its owner opens (0700), or takes from others what
 * they may do in one that is there.
 *
 * As root, `x` stays with an existing folder and comes with a new one that
 * another user's program works below: who knows a path inside may go there,
 * and nobody else lists or writes it (0711).
 *
 * A folder of somebody else, and one where everybody may write (`/tmp`), is
 * left as it is; the doctor says so.
 */
export async function makePrivateFolder(
  folder: string,
  { isEntered }: { isEntered: boolean } = { isEntered: false },
): Promise<void> {
  // Those above it are not ours to close.
  await mkdir(dirname(folder), { recursive: true })
  const isNew = (await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined
  if (process.platform === 'win32') return
  const { mode, uid } = await stat(folder)
  const own = process.getuid?.()
  const isForEverybody = (mode & 0o1000) !== 0
  if (uid !== own || isForEverybody) return

  const kept = own === 0 ? 0o7711 : 0o7700
  const wanted = (mode & kept) | (isNew && isEntered ? 0o011 : 0)
  if (wanted !== (mode & 0o7777)) await chmod(folder, wanted)
}

/** What others may do in a folder, as words; empty when nothing but passing through. */
export async function accessOfOthers(folder: string): Promise<string[]> {
  if (process.platform === 'win32') return []
  const { mode } = await stat(folder)
  return [...(mode & 0o044 ? ['list'] : []), ...(mode & 0o022 ? ['write'] : [])]
}
