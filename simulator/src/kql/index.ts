export { KqlError } from './error.ts'
export { runQuery } from './run.ts'
export type { KqlColumn, KqlDatabase, KqlOptions, KqlResult, KqlTable, KqlValue } from './types.ts'
