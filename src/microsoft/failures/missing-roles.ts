export type MissingRoles = {
  /** Any one of these would do. */
  required: string[]
  /** What the token carries. */
  held: string[]
}

/**
 * Reads the sentence with which Graph and the Defender APIs refuse a token
 * that lacks a role: `Missing application roles. API required roles: A,B, application roles: C.`
 *
 * @returns null when the text is not that sentence
 */
export function readMissingRoles(text: string): MissingRoles | null {
  const match = /API required roles:([^:]*?),?\s*application roles:(.*)/is.exec(text)
  if (!match) return null
  return { required: roleNames(match[1] ?? ''), held: roleNames(match[2] ?? '') }
}

function roleNames(list: string): string[] {
  return list
    .split(/[,\s]+/)
    .map(name => name.replace(/\.$/, ''))
    .filter(name => /^[A-Za-z][\w.-]{2,79}$/.test(name))
}
