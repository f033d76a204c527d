import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'

/**
 * Runs `work` with Prisma's schema engine on the given database.
 *
 * The WebAssembly build is instantiated by hand: importing the package's entry
 * would use Node's still experimental module integration and print a warning
 * on every start. The native engine would have to be downloaded.
 */
export async function openSchemaEngine<T>(
  connectionString: string,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const wasmFile = new URL('schema_engine_bg.wasm', import.meta.resolve('@prisma/schema-engine-wasm'))
  const { instance } = await WebAssembly.instantiate(await readFile(fileURLToPath(wasmFile)), {
    './schema_engine_bg.js': glue as unknown as WebAssembly.ModuleImports,
  })
  const { __wbg_set_wasm: setWasm, SchemaEngine: Engine } = glue as unknown as {
    __wbg_set_wasm(exports: WebAssembly.Exports): void
    SchemaEngine: typeof SchemaEngine
  }
  setWasm(instance.exports)
  ;(instance.exports.__wbindgen_start as () => void)()

  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString }))
  const engine = await Engine.new({ datamodels: undefined }, () => {}, adapter)
  try {
    return await work(engine)
  } finally {
    engine.free()
  }
}
