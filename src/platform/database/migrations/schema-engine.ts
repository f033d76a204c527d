import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'
import { createPool, schemaOf } from '../connections/connections.ts'

/** Once for the process: a second instance would be called with what the first one left behind. */
let loading: Promise<typeof SchemaEngine> | null = null

/** Runs `work` with Prisma's schema engine on the given database. */
export async function openSchemaEngine<T>(
  connectionString: string,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  loading ??= load()
  const Engine = await loading
  const pool = createPool(connectionString, { name: 'schema engine', max: 4, isTimed: false })
  const adapter = bindMigrationAwareSqlAdapterFactory(
    new PrismaPg(pool, { schema: schemaOf(connectionString) }),
  )
  const engine = await Engine.new({ datamodels: undefined }, () => {}, adapter)
  try {
    return await work(engine)
  } finally {
    engine.free()
    await pool.end()
  }
}

/**
 * The WebAssembly build is instantiated by hand: importing the package's entry
 * would use Node's still experimental module integration and print a warning
 * on every start. The native engine would have to be downloaded.
 */
async function load(): Promise<typeof SchemaEngine> {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'))
  const { instance } = await WebAssembly.instantiate(await readFile(join(folder, 'schema_engine_bg.wasm')), {
    './schema_engine_bg.js': glue as unknown as WebAssembly.ModuleImports,
  })
  const { __wbg_set_wasm: setWasm, SchemaEngine: Engine } = glue as unknown as {
    __wbg_set_wasm(exports: WebAssembly.Exports): void
    SchemaEngine: typeof SchemaEngine
  }
  setWasm(instance.exports)
  ;(instance.exports.__wbindgen_start as () => void)()
  return Engine
}
