import { runProgram } from './run.mjs'

await runProgram('src/main.ts')
