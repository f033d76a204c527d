import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'

const root = fileURLToPath(new URL('../../queries/', import.meta.url))

/** What each file of `queries/` has to be, stricter than what is imported from elsewhere. */
const schema = z.strictObject({
  id: z.uuid(),
  name: z.string().min(1).max(120),
  description: z.string().min(20),
  requiredDataConnectors: z.array(
    z.strictObject({ connectorId: z.string(), dataTypes: z.array(z.string()).min(1) }),
  ),
  tactics: z.array(z.string().regex(/^[A-Z][A-Za-z]+$/)),
  relevantTechniques: z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/)),
  query: z.string().endsWith('\n'),
})

/** The queries that come with Tenantry, read from their files. */
export const builtInQueries = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.yaml'))
  .sort()
  .map(path => {
    const text = readFileSync(root + path, 'utf8')
    const { query, ...fields } = schema.parse(parse(text))
    return { slug: basename(path, '.yaml'), tactic: dirname(path), text, query: query.trimEnd(), ...fields }
  })
