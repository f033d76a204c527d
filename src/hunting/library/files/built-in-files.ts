import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A file of the queries that come with Tenantry. */
export type BuiltInFile = {
  /** its name: what a later version of the query is recognised by */
  slug: string
  /** the tactic that it belongs to */
  folder: string
  text: string
  /** SHA-256 of the text, hexadecimal */
  hash: string
}

const root = fileURLToPath(new URL('../../../../queries/', import.meta.url))

/** Every file below `queries/`, by its path. */
export async function readBuiltInFiles(): Promise<BuiltInFile[]> {
  const paths = (await readdir(root, { recursive: true })).filter(path => path.endsWith('.yaml')).sort()
  return Promise.all(
    paths.map(async path => {
      const text = await readFile(`${root}${path}`, 'utf8')
      const hash = createHash('sha256').update(text).digest('hex')
      return { slug: basename(path, '.yaml'), folder: dirname(path), text, hash }
    }),
  )
}
