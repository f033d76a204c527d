import { defineConfig } from 'prisma/config'

// `prisma generate` asks for an engine binary that it never calls. Any
// executable satisfies it, so a machine that cannot download one still works;
// migrations run through the WebAssembly engine (src/platform/database/migrations/migrations.ts).
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } })
