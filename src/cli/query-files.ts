import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { AppError } from '../errors.ts'
import type { ImportFile } from '../hunting/library/files/import-queries.ts'
import type { Library } from '../hunting/library/library.ts'
import type { QueryFilters, SavedQueryView } from '../hunting/library/model.ts'
import { decodeText } from '../platform/decode-text.ts'
import { commandLineActor } from './context.ts'

/** Larger files hold no query; they are told, not read. Bytes. */
const mostBytes = 4_000_000

/**
 * Reads a file, or the YAML files of a folder and the folders in it, one by
 * one. Names begin with the folder that holds the file, as that may be a tactic.
 *
 * @throws AppError `invalid` when there is nothing at the path
 */
export async function* readQueryFiles(path: string): AsyncGenerator<ImportFile> {
  const root = resolve(path)
  const isFolder = (await stat(root).catch(unreadable(path))).isDirectory()
  const found = isFolder ? await readdir(root, { recursive: true }) : [basename(root)]
  const folder = isFolder ? root : resolve(root, '..')
  for (const name of found.filter(name => !isFolder || /\.ya?ml$/i.test(name)).sort()) {
    const file = join(folder, name)
    const { size } = await stat(file)
    if (size > mostBytes) {
      throw new AppError('too_large', `"${file}" has ${size} bytes; ${mostBytes} are the most`)
    }
    const shown = relative(resolve(folder, '..'), file).replaceAll('\\', '/')
    yield { name: shown, text: decodeText(await readFile(file).catch(unreadable(file))) }
  }
}

/** Writes queries below a folder, `<tactic>/<name>.yaml`. @returns how many */
export async function writeQueryFiles(
  library: Library,
  folder: string,
  filters: QueryFilters,
): Promise<number> {
  const taken = new Set<string>()
  let cursor: string | null = null
  do {
    const page: { items: SavedQueryView[]; nextCursor: string | null } = await library.list(
      commandLineActor,
      filters,
      { limit: 200, cursor },
    )
    for (const { id, tactic } of page.items) {
      const { fileName, text } = await library.exportFile(commandLineActor, id)
      const home = join(folder, tactic ?? 'other')
      const name = taken.has(join(home, fileName)) ? fileName.replace('.yaml', `-${id}.yaml`) : fileName
      taken.add(join(home, name))
      await mkdir(home, { recursive: true })
      await writeFile(join(home, name), text)
    }
    cursor = page.nextCursor
  } while (cursor)
  return taken.size
}

function unreadable(path: string) {
  return (cause: unknown): never => {
    throw new AppError('invalid', `"${path}" cannot be read`, {
      remedy: 'Check the path, and that you may read it.',
      cause,
    })
  }
}
