import type { FailureName } from '../failures/failure-names.ts'

/** A code of Node or undici, its name, and whether it is certain that the request never left. */
type Row = [codes: string[], name: FailureName, sent: boolean]

/** @see Node.js, "Common system errors"; undici, "Errors" */
// biome-ignore format: reads as a table
const rows: Row[] = [
  [['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'ECONNREFUSED', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EMFILE', 'EACCES', 'EPERM'], 'network', false],
  [['EPROXY_UPSTREAM'], 'network', false],
  [['EPROXY_UNREACHABLE'], 'proxy_unreachable', false],
  [['EPROXY_REFUSED'], 'proxy_refused', false],
  [['UND_ERR_CONNECT_TIMEOUT'], 'timeout', false],
  [['ETIMEDOUT', 'ESOCKETTIMEDOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'TimeoutError'], 'timeout', true],
  [['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_INFO', 'ERR_STREAM_PREMATURE_CLOSE'], 'reset', true],
  [['UND_ERR_CLOSED', 'UND_ERR_DESTROYED', 'UND_ERR_ABORTED', 'ABORT_ERR', 'AbortError'], 'canceled', true],
  [['UND_ERR_RES_EXCEEDED_MAX_SIZE'], 'too_large', true],
  [['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_RESPONSE', 'HTTPParserError'], 'bad_answer', true],
  [['UND_ERR_INVALID_ARG', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'ERR_INVALID_URL', 'ERR_INVALID_CHAR'], 'invalid_request', false],
  [['EPROTO', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'HOSTNAME_MISMATCH'], 'tls', false],
]

const table = new Map(
  rows.flatMap(([codes, name, sent]) => codes.map(code => [code, { name, sent }] as const)),
)

/** Families of codes with many members. */
const families: [prefix: string, name: FailureName, sent: boolean][] = [
  ['HPE_', 'bad_answer', true],
  ['CERT_', 'tls', false],
  ['ERR_TLS_', 'tls', false],
  ['ERR_SSL_', 'tls', false],
  ['ERR_OSSL_', 'tls', false],
  ['Z_', 'bad_answer', true],
]

export type SocketProblem = {
  name: FailureName
  code: string | null
  /** False only when it is certain that no byte of the request reached the service. */
  sent: boolean
}

/** Names whatever was thrown while sending or reading; looks through `cause`. Never throws. */
export function readSocketError(thrown: unknown): SocketProblem {
  let deepestCode: string | null = null
  let error = thrown
  for (let depth = 0; depth < 5 && error instanceof Error; depth += 1) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : null
    for (const candidate of code === null ? [error.name] : [code, error.name]) {
      const known = table.get(candidate) ?? family(candidate)
      if (known) return { name: known.name, sent: known.sent, code: candidate }
    }
    deepestCode = code ?? deepestCode
    error = error.cause
  }
  // Something broke on the way that nobody has named yet: as a broken connection it is never assumed unsent.
  return { name: 'reset', code: deepestCode, sent: true }
}

function family(code: string): { name: FailureName; sent: boolean } | undefined {
  const row = families.find(([prefix]) => code.startsWith(prefix))
  return row && { name: row[1], sent: row[2] }
}
