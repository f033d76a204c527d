import { RemoteError, type RemoteService } from '../../errors.ts'
import { isErrorDocument } from '../failures/error-body.ts'
import { type AnswerProblem, readFailure } from '../failures/read-failure.ts'
import type { RemoteAnswer } from './types.ts'

/** Documents beyond this are only looked at from both ends; whoever reads them parses them once, with `readJson`. */
const parsedWhole = 1024 * 1024

export type RawAnswer = { status: number; headers: Record<string, string>; text: string }

/**
 * Looks for what is wrong with an answer whose status is 2xx or 3xx.
 *
 * @returns null when nothing is, or when the status itself tells the failure
 */
export function findProblem(answer: RawAnswer, expect: 'json' | 'json-later' | 'any'): AnswerProblem | null {
  const { status, headers, text } = answer
  if (status >= 300 && status < 400) return 'redirect'
  if (!isSuccess(status) || expect === 'any' || status === 204) return null
  if (text.trim() === '') return status === 202 ? null : 'empty'
  if (!/[/+]json\b/i.test(headers['content-type'] ?? 'application/json')) return 'content_type'
  return expect === 'json-later' || text.length > parsedWhole ? problemOfLarge(text) : problemOfWhole(text)
}

/** 206 is no success: what is missing cannot be told. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300 && status !== 206
}

/**
 * Parses an answer that was asked for as JSON.
 *
 * @param parse for documents that `JSON.parse` would not keep exact, such as numbers beyond 2^53
 * @throws RemoteError `bad_answer` when a large document turns out to be broken
 */
export function readJson(
  answer: RemoteAnswer,
  service: RemoteService,
  parse: (text: string) => unknown = JSON.parse,
): unknown {
  try {
    return parse(answer.text)
  } catch (error) {
    const { status, headers } = answer
    throw new RemoteError(readFailure({ service, status, headers, problem: 'truncated' }), error)
  }
}

function problemOfWhole(text: string): AnswerProblem | null {
  try {
    return isErrorDocument(JSON.parse(text)) ? 'error_body' : null
  } catch {
    // The parser's words are about positions; that the document is broken is all there is to say.
    return 'truncated'
  }
}

function problemOfLarge(text: string): AnswerProblem | null {
  if (!/[}\]]\s*$/.test(text.slice(-200))) return 'truncated'
  return /^\s*\{\s*"error"\s*:/.test(text.slice(0, 200)) ? 'error_body' : null
}
