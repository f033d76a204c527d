/**
 * Writes the SQL of a new migration: `npm run migration -- name-of-change`.
 * Compares prisma/schema.prisma with prisma/migrations/schema.prisma, the copy
 * that this script keeps of the schema which the migrations written so far make.
 */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '../src/platform/database/embedded.ts'
import { openSchemaEngine } from '../src/platform/database/migrations/schema-engine.ts'

const kept = 'prisma/migrations/schema.prisma'

const name = process.argv[2]
if (!name || !/^[a-z0-9-]+$/.test(name)) {
  console.error('usage: npm run migration -- name-of-change')
  process.exit(2)
}

const wanted = await readFile('prisma/schema.prisma', 'utf8')
const before = await readFile(kept, 'utf8').catch(() => null)
const sql = await diff(before, wanted)
if (/^-- This is an empty migration/m.test(sql) || !sql.trim()) {
  console.log('The migrations already make this schema: nothing to write.')
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
  const folder = `prisma/migrations/${stamp}_${name.replaceAll('-', '_')}`
  await mkdir(folder, { recursive: true })
  await writeFile(`${folder}/migration.sql`, sql)
  await writeFile(kept, wanted)
  console.log(`Wrote ${folder}/migration.sql: read it before you commit it.`)
}

/** SQL that turns one schema text into another. The engine insists on a connection, so a server is lent to it. */
async function diff(from: string | null, to: string): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-migration-'))
  await chmod(dataDir, 0o755)
  const server = await startEmbedded(dataDir)
  try {
    return await openSchemaEngine(server.url, async engine => {
      const { stdout } = await engine.diff({
        from:
          from === null
            ? { tag: 'empty' }
            : { tag: 'schemaDatamodel', files: [{ path: 'before.prisma', content: from }] },
        to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: to }] },
        script: true,
        exitCode: null,
        filters: { externalTables: [], externalEnums: [] },
      })
      return stdout ?? ''
    })
  } finally {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
