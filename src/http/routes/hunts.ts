import type { FastifyInstance } from 'fastify'
import { editorRoutes } from '../monaco.ts'
import { type EditorOptions, huntEditorRoutes } from './hunts/editor-page.ts'
import { huntEventRoutes } from './hunts/events.ts'
import { huntExportRoutes } from './hunts/export.ts'
import { huntResultRoutes } from './hunts/result-page.ts'

/** Hunts: written, run, watched and read. */
export async function huntRoutes(app: FastifyInstance, options: EditorOptions): Promise<void> {
  await app.register(editorRoutes)
  await app.register(huntEditorRoutes, options)
  await app.register(huntResultRoutes, options)
  await app.register(huntEventRoutes, options)
  await app.register(huntExportRoutes, options)
}
