import { z } from 'zod'
import { isGuid } from '../../platform/guid.ts'

/** What an error body says, whichever of the services' forms it has. All texts are raw: scrub before showing. */
export type ErrorBody = {
  /** `oauth`: Entra. `odata`: Graph and the Defender APIs. `other`: anything else with content. */
  form: 'oauth' | 'odata' | 'other' | 'none'
  oauthError: string | null
  suberror: string | null
  /** The number after `AADSTS`. */
  aadsts: number | null
  code: string | null
  message: string | null
  requestId: string | null
}

const empty: ErrorBody = {
  form: 'none',
  oauthError: null,
  suberror: null,
  aadsts: null,
  code: null,
  message: null,
  requestId: null,
}

const optionalText = z
  .union([z.string(), z.number().transform(String)])
  .nullable()
  .catch(null)

const oauthBody = z.looseObject({
  error: z.string(),
  error_description: optionalText,
  error_codes: z.array(z.coerce.number().int().positive()).catch([]),
  suberror: optionalText,
  trace_id: optionalText,
  correlation_id: optionalText,
})

const innerError = z
  .looseObject({ 'request-id': optionalText, 'client-request-id': optionalText, requestId: optionalText })
  .nullable()
  .catch(null)

const odataBody = z.looseObject({
  error: z.looseObject({
    code: optionalText,
    message: optionalText,
    target: optionalText,
    innerError,
    innererror: innerError,
  }),
})

/** Gateways in front of the services answer in forms of their own. */
const gatewayBody = z.looseObject({
  statusCode: optionalText,
  code: optionalText,
  message: optionalText,
  Message: optionalText,
  title: optionalText,
  detail: optionalText,
})

const largestErrorText = 512 * 1024

/** Reads an error body of any kind. Never throws: what cannot be read is `other` or `none`. */
export function readErrorBody(text: string): ErrorBody {
  const trimmed = text.slice(0, largestErrorText).trim()
  if (trimmed === '') return empty

  const document = parse(trimmed)
  return readOauth(document) ?? readOdata(document) ?? readGateway(document) ?? readText(trimmed)
}

/** True when a 2xx document is an error in disguise. */
export function isErrorDocument(document: unknown): boolean {
  // Runs on every good answer: the shapes are looked at only where there is something to look at.
  if (typeof document !== 'object' || document === null || !('error' in document)) return false
  const oauth = oauthBody.safeParse(document)
  if (oauth.success) return oauth.data.error_description !== null || oauth.data.error_codes.length > 0
  const odata = odataBody.safeParse(document)
  return odata.success && (odata.data.error.code !== null || odata.data.error.message !== null)
}

/** The first Entra error number in a description such as `AADSTS90002: …`. */
export function readAadsts(description: string): number | null {
  const match = /AADSTS(\d{4,8})/.exec(description)
  return match ? Number(match[1]) : null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: a gateway's page or a plain text, read as such.
    return undefined
  }
}

function readOauth(document: unknown): ErrorBody | null {
  const read = oauthBody.safeParse(document)
  if (!read.success) return null
  const { error, error_description, error_codes, suberror, trace_id, correlation_id } = read.data
  return {
    ...empty,
    form: 'oauth',
    oauthError: error,
    suberror,
    aadsts: error_codes[0] ?? readAadsts(error_description ?? ''),
    code: error,
    message: error_description,
    requestId: trace_id ?? correlation_id,
  }
}

function readOdata(document: unknown): ErrorBody | null {
  const read = odataBody.safeParse(document)
  if (!read.success) return null
  const { code, message, target } = read.data.error
  const inner = read.data.error.innerError ?? read.data.error.innererror
  return {
    ...empty,
    form: 'odata',
    code: code === '' ? null : code,
    message: message === '' ? null : message,
    aadsts: readAadsts(message ?? ''),
    requestId:
      inner?.['request-id'] ??
      inner?.requestId ??
      inner?.['client-request-id'] ??
      // Elsewhere the target names a field or, when throttled, a tenant without dashes in its label.
      (target !== null && isGuid(target) ? target : null),
  }
}

function readGateway(document: unknown): ErrorBody | null {
  const read = gatewayBody.safeParse(document)
  if (!read.success || Array.isArray(document)) return null
  const message = read.data.message ?? read.data.Message ?? read.data.detail ?? read.data.title
  const code = read.data.code ?? read.data.statusCode
  if (message === null && code === null) return { ...empty, form: 'none' }
  return { ...empty, form: 'other', code, message, aadsts: readAadsts(message ?? '') }
}

function readText(text: string): ErrorBody {
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text)?.[1]?.trim()
  const looksLikePage = /^\s*</.test(text)
  const message = looksLikePage ? (title ?? null) : text.slice(0, 2000)
  return { ...empty, form: 'other', message, aadsts: readAadsts(text.slice(0, 20_000)) }
}
