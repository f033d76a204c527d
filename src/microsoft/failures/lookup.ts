/**
 * Microsoft's own page about an error number.
 *
 * @param serviceCode such as `AADSTS7000229`
 * @returns null for codes that the page does not know
 * @see Microsoft identity platform, "Authentication and authorization error codes", look-up
 */
export function lookupUrl(serviceCode: string | null | undefined): string | null {
  const number = /^AADSTS(\d{4,8})$/.exec(serviceCode ?? '')?.[1]
  return number ? `https://login.microsoftonline.com/error?code=${number}` : null
}
