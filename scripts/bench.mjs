import { runProgram } from './run.mjs'

await runProgram('bench/main.ts')
