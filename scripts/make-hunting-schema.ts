import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

/**
 * Writes `src/hunting/query/data/hunting-schema.json`, one table a line, from a
 * collected description of the advanced hunting schema.
 *
 * Usage: `node scripts/make-hunting-schema.ts <source.json>`
 */
const Source = z.object({
  source: z.string().default(''),
  tables: z
    .array(
      z.object({
        name: z.string().min(1),
        description: z.string().default(''),
        columns: z
          .array(
            z.object({
              name: z.string().min(1),
              type: z.string().min(1),
              description: z.string().optional(),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
})

const [sourcePath] = process.argv.slice(2)
if (!sourcePath) {
  console.error('usage: node scripts/make-hunting-schema.ts <source.json>')
  process.exit(2)
}

const { source, tables } = Source.parse(JSON.parse(readFileSync(sourcePath, 'utf8')))
const lines = tables
  .toSorted((one, other) => (one.name < other.name ? -1 : 1))
  .map(({ name, description, columns }) =>
    JSON.stringify({
      name,
      description,
      columns: columns.map(column =>
        column.description ? [column.name, column.type, column.description] : [column.name, column.type],
      ),
    }),
  )
const target = new URL('../src/hunting/query/data/hunting-schema.json', import.meta.url)
writeFileSync(target, `{"source":${JSON.stringify(source)},"tables":[\n${lines.join(',\n')}\n]}\n`)
console.log(`${tables.length} tables written`)
