/** A command that was ended early, after it let go of what it had. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly exitCode: number

  constructor(exitCode: number) {
    super('the command was interrupted')
    this.exitCode = exitCode
  }
}

const ending = new AbortController()
let running = 0

/**
 * Lets a signal, or a reader of standard output that has enough, such as
 * "head", end the command in order: what it started is stopped first. A second
 * signal ends it at once.
 */
export function listenForInterruption(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // A command that listens to Ctrl+C itself decides what it means.
      if (signal === 'SIGINT' && process.listenerCount('SIGINT') > 1) return
      if (ending.signal.aborted) process.exit(1)
      interrupt(1)
    })
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => interrupt(error.code === 'EPIPE' ? 0 : 1))
}

function interrupt(exitCode: number): void {
  if (running === 0) process.exit(exitCode)
  ending.abort(new Interrupted(exitCode))
}

/**
 * Runs work that holds something which must be let go of.
 *
 * @param work is given a signal whose reason is an `Interrupted`
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  running++
  try {
    return await work(ending.signal)
  } finally {
    running--
  }
}

/** Waits for the work, or for the signal, whichever comes first. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_done, failed) => {
    if (signal.aborted) failed(signal.reason)
    signal.addEventListener('abort', () => failed(signal.reason), { once: true })
  })
  return await Promise.race([work, aborted])
}
