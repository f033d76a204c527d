import { z } from 'zod'
import type { FileFields } from './query-file.ts'

const schema = z.record(z.string(), z.json())

/** The fields of the file that a query was imported from, as its row says; none for one that staff wrote. */
export function readFileFields(stored: string | null): FileFields {
  return stored === null ? {} : (schema.parse(JSON.parse(stored)) as FileFields)
}
