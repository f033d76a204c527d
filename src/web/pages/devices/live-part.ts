import { z } from 'zod'
import { type Failure, RemoteError } from '../../../errors.ts'
import { readInput } from '../../read-input.ts'

/** One live part of a page, or why it is not there. */
export type Part<T> = { value: T; failure: null } | { value: null; failure: Failure }

/** @throws a bug, and what the reader may not see: they take the page away */
export async function readPart<T>(work: Promise<T>): Promise<Part<T>> {
  try {
    return { value: await work, failure: null }
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    return { value: null, failure: error.failure }
  }
}

const query = z.object({ wait: z.literal('1').optional().catch(undefined) })

/** Whether the page is to be sent whole, after Microsoft answered: for browsers without a script. */
export function waits(asked: unknown): boolean {
  return readInput(query, asked).wait === '1'
}

/** An address that waits. */
export function waiting(href: string): string {
  return `${href}${href.includes('?') ? '&' : '?'}wait=1`
}
