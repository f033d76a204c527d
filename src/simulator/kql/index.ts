export type { KqlErrorKind } from './error.ts'
export { KqlError } from './error.ts'
export { runQuery } from './run.ts'
export type { KqlColumn, KqlDatabase, KqlOptions, KqlResult, KqlTable, KqlType, KqlValue } from './types.ts'
