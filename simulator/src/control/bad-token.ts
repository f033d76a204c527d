/** What can be wrong with a token that Entra hands out. */
export const badTokens = ['audience', 'tenant', 'client', 'expired', 'not-a-jwt'] as const
export type BadToken = (typeof badTokens)[number]

/** The answer of the token endpoint with a token that is not what was asked for; any other answer stays as it is. */
export function spoilToken(body: string, wrong: BadToken, now: Date): string {
  const answer: unknown = JSON.parse(body)
  if (typeof answer !== 'object' || answer === null || !('access_token' in answer)) return body
  return JSON.stringify({ ...answer, access_token: spoil(String(answer.access_token), wrong, now) })
}

function spoil(token: string, wrong: BadToken, now: Date): string {
  if (wrong === 'not-a-jwt') return 'EwBwA8l6BAAUkj1NuJYtTVha'
  const [head = '', payload = '', signature = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const changed = { ...claims, ...changes(wrong, now) }
  return [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.')
}

function changes(wrong: Exclude<BadToken, 'not-a-jwt'>, now: Date): Record<string, unknown> {
  const another = '0f0f0f0f-1111-4222-8333-444444444444'
  const hourAgo = Math.floor(now.getTime() / 1000) - 3600
  switch (wrong) {
    case 'audience':
      return { aud: 'https://management.azure.com' }
    case 'tenant':
      return { tid: another }
    case 'client':
      return { appid: another, azp: another }
    case 'expired':
      return { iat: hourAgo - 3600, nbf: hourAgo - 3600, exp: hourAgo }
  }
}
