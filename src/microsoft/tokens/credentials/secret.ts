import type { Credential } from './credential.ts'

/** A client secret from the settings. Its end is known to Entra only, and told by AADSTS7000222. */
export function secretCredential({ secret, label }: { secret: string; label: string }): Credential {
  return {
    kind: 'secret',
    label,
    present: async () => ({ kind: 'secret', secret }),
    renew: async () => false,
    expiresAt: async () => null,
  }
}
