/** What may be given as a fact; nothing, an empty text and an empty list are left out. */
type Given = string | number | boolean | null | undefined | readonly (string | null)[]

/** Facts as texts, in the order given. */
export function evidenceFacts(given: Record<string, Given>): Record<string, string> {
  const kept: [string, string][] = []
  for (const [name, value] of Object.entries(given)) {
    const text = Array.isArray(value) ? value.filter(Boolean).join(', ') : String(value ?? '')
    if (text !== '') kept.push([name, text])
  }
  return Object.fromEntries(kept)
}

/** The first that says something. */
export function firstOf(...texts: (string | number | null | undefined)[]): string {
  const found = texts.find(text => text !== null && text !== undefined && text !== '')
  return found === undefined ? '' : String(found)
}

/** A user as people write one: user principal name, else `DOMAIN\name`. */
export function userTitle(user: {
  upn?: string | null
  domain?: string | null
  account?: string | null
}): string {
  const { upn, domain, account } = user
  return firstOf(upn, domain && account ? `${domain}\\${account}` : account, 'unnamed user')
}
