const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Tenants are keyed by their GUID alone: a domain is a second name for the same one. */
export function isGuid(text: string): boolean {
  return guid.test(text)
}
