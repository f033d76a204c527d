import { runProgram } from './run.mjs'

await runProgram('test/faults/rounds.ts')
