import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'

/** For so long after a change of the secret messages carry signatures of the old one too. */
export const oldSecretHours = 24

/**
 * The secret of a webhook: derived from the installation's key, so that no
 * row holds it.
 *
 * @param key installation key, 32 bytes
 * @returns `whsec_` and 32 bytes as base64
 * @see Standard Webhooks specification, "Signature scheme"
 */
export function webhookSecret(key: Buffer, webhookId: string, version: number): string {
  return `whsec_${createHmac('sha256', key).update(`webhook secret:${webhookId}:${version}`).digest('base64')}`
}

/**
 * The headers that prove where a message comes from and that nothing was
 * changed, by the Standard Webhooks specification: any of its libraries
 * verifies them.
 *
 * @param timestamp seconds since 1970
 * @param secrets the one in force first; others that are still accepted
 */
export function signatureHeaders(
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
  secrets: string[],
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const at = new Date(timestamp * 1000)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets.map(secret => new Webhook(secret).sign(id, at, body)).join(' '),
  }
}
