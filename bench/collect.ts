import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The collector by hand, without a flag on the command line. */
export function collect(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
