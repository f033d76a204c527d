import { Worker } from 'node:worker_threads'
import { BadAnswer } from '../../results/answer/bad-answer.ts'
import { type PackedAnswer, packAnswer } from './pack-answer.ts'

/** Reads and packs answers, large ones in a thread beside this one. */
export type Packer = {
  /** @throws BadAnswer when the text is no hunting answer */
  pack(text: string, wire: 'graph' | 'defender'): Promise<PackedAnswer>
  close(): Promise<void>
}

/** What takes longer than a few milliseconds would keep pages and other tenants waiting. UTF-16 code units. */
const largeLength = 512 * 1024

/** A thread that nobody used for so long ends; it holds memory for the largest answer it saw. */
const idleMs = 30_000

export type PackTask = { id: number; text: string; wire: 'graph' | 'defender' }
export type PackReply =
  | {
      id: number
      packed: Omit<PackedAnswer, 'chunks'> & { chunks: { rowCount: number; data: Uint8Array<ArrayBuffer> }[] }
    }
  | { id: number; bad: string }
  | { id: number; error: string }

type Waiting = { resolve: (packed: PackedAnswer) => void; reject: (error: unknown) => void }

export function createPacker(): Packer {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let idle: NodeJS.Timeout | undefined
  let lastId = 0

  function thread(): Worker {
    if (worker) return worker
    const own = new Worker(new URL('./pack-worker.ts', import.meta.url))
    own.unref()
    own.on('message', (reply: PackReply) => settle(reply))
    own.once('error', error => lose(own, error))
    own.once('exit', () => lose(own, new Error('the thread that reads answers ended')))
    worker = own
    return own
  }

  function settle(reply: PackReply): void {
    const task = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('bad' in reply) task?.reject(new BadAnswer(reply.bad))
    else if ('error' in reply) task?.reject(new Error(reply.error))
    else {
      const chunks = reply.packed.chunks.map(({ rowCount, data }) => ({
        rowCount,
        data: Buffer.from(data.buffer),
      }))
      task?.resolve({ ...reply.packed, chunks })
    }
    if (waiting.size > 0) return
    clearTimeout(idle)
    idle = setTimeout(() => void end(), idleMs)
    idle.unref()
  }

  function lose(own: Worker, error: unknown): void {
    if (worker !== own) return
    worker = null
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  async function end(): Promise<void> {
    if (waiting.size > 0 || !worker) return
    const own = worker
    worker = null
    await own.terminate()
  }

  return {
    async pack(text, wire) {
      if (text.length < largeLength) return packAnswer(text, wire)
      clearTimeout(idle)
      return new Promise((resolve, reject) => {
        const id = ++lastId
        waiting.set(id, { resolve, reject })
        thread().postMessage({ id, text, wire } satisfies PackTask)
      })
    },

    async close() {
      clearTimeout(idle)
      waiting.clear()
      await end()
    },
  }
}
