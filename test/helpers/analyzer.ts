import { createQueryAnalyzer } from '../../src/hunting/query/analyzer.ts'

/** One for all files that a test process runs; its processes start when the first query comes, and end with it. */
export const analyzer = createQueryAnalyzer()
