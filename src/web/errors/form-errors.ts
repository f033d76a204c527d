import { AppError } from '../../errors.ts'

/** What is wrong with a form: words per field, and words about the whole. */
export type FormErrors = {
  fields: Record<string, string>
  whole: string | null
  /** The query's only mistakes are names that no documentation lists. */
  hasUnknownNames?: boolean
}

/**
 * Turns a refusal into words beside the fields. Anything that filling in the
 * form differently cannot help is thrown again.
 *
 * @param fieldOf the field that a refusal without fields is about
 */
export function formErrors(
  error: unknown,
  fieldOf: (code: string) => string | null = () => null,
): FormErrors {
  if (!(error instanceof AppError) || error.code === 'forbidden') throw error
  const words = sentences(error.message, error.remedy)
  const named = { ...record(error.details.fields), ...prefixed(record(error.details.parameters)) }
  if (Object.keys(named).length > 0) return { fields: named, whole: null }
  const field = fieldOf(error.code)
  const hasUnknownNames = error.details.runnableWithUnknownNames === true
  return field
    ? { fields: { [field]: words }, whole: null, hasUnknownNames }
    : { fields: {}, whole: words, hasUnknownNames }
}

/** What is wrong with the fields, for the summary above the form: each leads to its field's id. */
export function listErrors({ fields }: FormErrors): { field: string; message: string }[] {
  return Object.entries(fields).map(([field, message]) => ({
    field: field.startsWith('parameter.') ? `parameter-${field.slice(10).replace(/\W+/g, '-')}` : field,
    message,
  }))
}

/** Fields of parameters are called `parameter.<name>`, apart from the form's own. */
function prefixed(parameters: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, words]) => [`parameter.${name}`, words]))
}

function record(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, words]) =>
      typeof words === 'string' ? [[name, sentences(words, null)]] : [],
    ),
  )
}

/** Messages begin small and end open, as they also stand within other sentences. */
export function sentences(message: string, remedy: string | null): string {
  const first = message.charAt(0).toUpperCase() + message.slice(1)
  return remedy ? `${first.replace(/[.!?]*$/, '.')} ${remedy}` : first
}
