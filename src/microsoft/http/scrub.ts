const longest = 600

/**
 * Makes a service's text fit to keep and show: the trailing ids (kept in
 * fields of their own) are cut off, tokens, assertions and secrets are
 * blotted out, control characters become spaces.
 */
export function scrub(text: string): string {
  return (
    text
      .slice(0, 20_000)
      .replace(/\s*\bTrace ID:[\s\S]*$/i, '')
      .replace(/\beyJ[\w-]{5,}(\.[\w-]*){0,4}/g, '[token]')
      .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 [token]')
      .replace(
        /\b(client_secret|client_assertion|access_token|refresh_token|id_token|code_verifier|password|code)=[^&\s]+/gi,
        '$1=[removed]',
      )
      // The text of 7000215 and 700016 names the app, by id and by the name that the partner gave it.
      .replace(
        /\b(for a secret added to app|for app|application with identifier|app(?:lication)?(?: id)?)\s*'[^']*'(?:\s*\([^)]*\))?/gi,
        '$1',
      )
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
      .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
      .trim()
      .slice(0, longest)
  )
}
