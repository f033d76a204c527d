import { join } from 'node:path'
import type { AuditPlaces } from './verification/verify-chain.ts'

/** Where an installation keeps what is outside the database, in its data folder. */
export function placesIn(dataDir: string): AuditPlaces {
  return { anchorFile: join(dataDir, 'audit-anchors.jsonl'), archiveFolder: join(dataDir, 'audit-archive') }
}
