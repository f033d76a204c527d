import { runProgram } from './run.mjs'

await runProgram('src/cli/main.ts')
