import type { FastifyInstance } from 'fastify'
import { type EditorOptions, huntEditorRoutes } from './editor/editor-page.ts'
import { huntEventRoutes } from './events.ts'
import { huntExportRoutes } from './results/export.ts'
import { huntResultRoutes } from './results/result-page.ts'

/** Hunts: written, run, watched and read. */
export async function huntRoutes(app: FastifyInstance, options: EditorOptions): Promise<void> {
  await app.register(huntEditorRoutes, options)
  await app.register(huntResultRoutes, options)
  await app.register(huntEventRoutes, options)
  await app.register(huntExportRoutes, options)
}
