import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { AppError } from '../errors.ts'
import type { HuntRequest, TenantChoice } from '../hunting/hunts/model.ts'
import { fillIn } from '../hunting/library/fill-in.ts'
import { decodeText } from '../platform/decode-text.ts'
import { isGuid } from '../platform/guid.ts'
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
  { library, analyzer }: Pick<Services, 'library' | 'analyzer'>,
  { query, file, saved, param }: QuerySource,
): Promise<Pick<HuntRequest, 'query' | 'name' | 'savedQueryId'>> {
  if (saved === undefined) {
    const text = query ?? (await readText(file ?? '-'))
    const { declarations, declarationProblem } = await analyzer.analyze(text, { caller: commandLineActor.id })
    if (declarationProblem) {
      throw new AppError('invalid', declarationProblem.message, { remedy: declarationProblem.remedy })
    }
    return { query: fillIn(text, declarations, param) }
  }
  const { id } = await library.lookUp(commandLineActor, saved)
  const rendered = await library.render(commandLineActor, id, param)
  return { query: rendered.query, name: rendered.name, savedQueryId: id }
}

async function readText(path: string): Promise<string> {
  if (path === '-') return decodeText(await buffer(process.stdin))
  try {
    return decodeText(await readFile(path))
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
  return Promise.all(named.map(async one => (isGuid(one) ? one : (await discovery.resolve(one)).tenantId)))
}
