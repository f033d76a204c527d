import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { isTenantId } from '../clouds/tenant-identifier.ts'
import { AppError } from '../errors.ts'
import type { HuntRequest, TenantChoice } from '../hunting/hunts/model.ts'
import { fillIn } from '../hunting/library/parameters.ts'
import type { Services } from '../services.ts'
import { commandLineActor } from './context.ts'

/** Where a query comes from; one of the three is given. */
export type QuerySource = {
  query?: string
  /** path; `-` reads standard input */
  file?: string
  /** name, slug or id of a query of the library */
  saved?: string
  /** values of the query's parameters, as typed */
  param: Record<string, string>
}

/**
 * Reads the query, from wherever it comes, and fills in its parameters.
 *
 * @throws AppError `not_found`, `invalid` with `parameters`
 */
export async function readQuery(
  { library }: Pick<Services, 'library'>,
  { query, file, saved, param }: QuerySource,
): Promise<Pick<HuntRequest, 'query' | 'name' | 'savedQueryId'>> {
  if (saved === undefined) return { query: fillIn(query ?? (await readText(file ?? '-')), param) }
  const { id } = await library.lookUp(commandLineActor, saved)
  const rendered = await library.render(commandLineActor, id, param)
  return { query: rendered.query, name: rendered.name, savedQueryId: id }
}

async function readText(path: string): Promise<string> {
  if (path === '-') return text(process.stdin)
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new AppError('invalid', `the query's file "${path}" cannot be read`, { cause })
  }
}

/**
 * Reads which tenants are meant: `all`, `tag:NAME`, or ids and domains with
 * commas between them.
 *
 * @throws AppError `tenant_not_found` for a domain that no tenant has
 */
export async function readTenants(
  { discovery }: Pick<Services, 'discovery'>,
  choice: string,
): Promise<TenantChoice> {
  if (choice === 'all') return 'all'
  if (choice.startsWith('tag:')) return { tag: choice.slice('tag:'.length).trim() }
  const named = choice
    .split(',')
    .map(one => one.trim())
    .filter(one => one !== '')
  return Promise.all(
    named.map(async one => (isTenantId(one) ? one : (await discovery.resolve(one)).tenantId)),
  )
}
