/**
 * Writes one export in a process of its own, whose memory nothing else has
 * filled and freed before. Told `[origin, database, data folder, hunt, format]`
 * by its arguments, it sends a `Written` to the parent.
 */
import { type ExportFormat, writeExport } from '../src/hunting/results/export/write-export.ts'
import { systemActor } from '../src/tenants/actor.ts'
import { collect } from './collect.ts'
import { openServices } from './hunt-services.ts'

/** `growth` is from before the first row to the most there was, bytes of resident memory. */
export type Written = { bytes: number; seconds: number; growth: number }

const [origin = '', databaseUrl = '', dataDir = '', huntId = '', format = ''] = process.argv.slice(2)

const services = await openServices(origin, databaseUrl, dataDir)
collect()
const before = process.memoryUsage.rss()
let peak = before
let bytes = 0
const startedAt = performance.now()
const source = await services.hunts.exportSource(systemActor, huntId)
for await (const piece of writeExport(format as ExportFormat, source)) {
  bytes += piece.length
  peak = Math.max(peak, process.memoryUsage.rss())
}
const seconds = (performance.now() - startedAt) / 1000
process.send?.({ bytes, seconds, growth: peak - before } satisfies Written)
await services.close(0)
