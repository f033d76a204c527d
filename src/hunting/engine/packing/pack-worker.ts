import { parentPort } from 'node:worker_threads'
import { BadAnswer } from '../../results/answer/bad-answer.ts'
import { packAnswer } from './pack-answer.ts'
import type { PackReply, PackTask } from './packer.ts'

/** The thread of packer.ts: one answer after the other. */
parentPort?.on('message', ({ id, text, wire }: PackTask) => {
  try {
    const { chunks, ...rest } = packAnswer(text, wire)
    // Copied out of shared buffers, so that each can be handed over instead of cloned.
    const owned = chunks.map(({ rowCount, data }) => ({ rowCount, data: Uint8Array.from(data) }))
    const reply: PackReply = { id, packed: { ...rest, chunks: owned } }
    parentPort?.postMessage(
      reply,
      owned.map(({ data }) => data.buffer),
    )
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const reply: PackReply = error instanceof BadAnswer ? { id, bad: message } : { id, error: message }
    parentPort?.postMessage(reply)
  }
})
