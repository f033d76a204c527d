import type { FastifyInstance } from 'fastify'
import { editorRoutes } from '../monaco.ts'
import { type EditorOptions, huntEditorRoutes } from './hunts/editor-page.ts'

/** Hunts: written, run, watched and read. */
export async function huntRoutes(app: FastifyInstance, options: EditorOptions): Promise<void> {
  await app.register(editorRoutes)
  await app.register(huntEditorRoutes, options)
}
