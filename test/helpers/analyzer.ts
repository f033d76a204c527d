import { afterAll } from 'vitest'
import { createQueryAnalyzer } from '../../src/hunting/query/analyzer.ts'

/** One for the file; its processes start when the first query comes. */
export const analyzer = createQueryAnalyzer()

afterAll(() => analyzer.close())
