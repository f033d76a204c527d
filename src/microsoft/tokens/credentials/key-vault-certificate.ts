import { createHash, X509Certificate } from 'node:crypto'
import type { TokenCredential } from '@azure/identity'
import type { CryptographyClient } from '@azure/keyvault-keys'
import { z } from 'zod'
import type { ChooseProxy } from '../../../platform/proxy/choose-proxy.ts'
import type { Remote } from '../../http/types.ts'
import { createAssertions, signAssertion, writeAssertion } from './assertion.ts'
import { azureFailure, inTime, vaultClientOptions, vaultMaxAgeMs } from './azure.ts'
import type { Credential } from './credential.ts'
import { keep } from './kept.ts'

const bundleSchema = z.object({ kid: z.url(), cer: z.base64().min(1) })

type Held = { certificate: X509Certificate; signer: CryptographyClient }

/**
 * A certificate in Azure Key Vault. The vault signs; the private key never
 * leaves it and may be marked as not exportable.
 *
 * @see Azure Key Vault REST API, "Get Certificate" and "Sign"
 */
export function keyVaultCertificateCredential(options: {
  vaultUrl: string
  name: string
  label: string
  clientId: string
  identity: TokenCredential
  chooseProxy: ChooseProxy
  remote: Remote
  now: () => Date
}): Credential {
  const { vaultUrl, name, label, clientId, identity, chooseProxy, remote, now } = options
  const what = `The certificate "${name}" in the key vault`
  const assertions = createAssertions({ now })
  const kept = keep({ read, maxAgeMs: vaultMaxAgeMs, now })

  async function read(): Promise<Held> {
    try {
      const token = await inTime(identity.getToken(vaultScope(vaultUrl)))
      if (!token) throw Object.assign(new Error('no token'), { name: 'CredentialUnavailableError' })

      // Read by hand: the vault's libraries for keys and secrets do not show a
      // certificate without its private key.
      const answer = await remote.call({
        service: 'key-vault',
        tenantId: null,
        method: 'GET',
        url: new URL(`/certificates/${encodeURIComponent(name)}?api-version=7.4`, vaultUrl),
        headers: { authorization: `Bearer ${token.token}` },
      })
      const bundle = bundleSchema.parse(JSON.parse(answer.text))
      requireSameOrigin(bundle.kid, vaultUrl)

      const azure = await import('@azure/keyvault-keys')
      return {
        certificate: new X509Certificate(Buffer.from(bundle.cer, 'base64')),
        signer: new azure.CryptographyClient(bundle.kid, identity, vaultClientOptions(vaultUrl, chooseProxy)),
      }
    } catch (error) {
      throw azureFailure('key-vault', what, error)
    }
  }

  async function sign({ signer }: Held, input: string): Promise<Uint8Array> {
    try {
      const { result } = await inTime(signer.sign('PS256', createHash('sha256').update(input).digest()))
      return result
    } catch (error) {
      throw azureFailure('key-vault', what, error)
    }
  }

  return {
    kind: 'key-vault-certificate',
    label,
    async present(audience) {
      const held = await kept.get()
      const assertion = await assertions.get(audience, () =>
        signAssertion(
          writeAssertion({ clientId, audience, certificate: held.certificate.raw, now: now() }),
          input => sign(held, input),
        ),
      )
      return { kind: 'assertion', assertion }
    },
    async renew() {
      const before = (await kept.get()).certificate.fingerprint256
      const after = (await kept.renew()).certificate.fingerprint256
      assertions.clear()
      return after !== before
    },
    async expiresAt() {
      return (await kept.get()).certificate.validToDate
    },
  }
}

/** The resource that guards a vault is its host without the vault's own name. */
function vaultScope(vaultUrl: string): string {
  const { hostname } = new URL(vaultUrl)
  const known = /\.(vault\.azure\.net|vault\.usgovcloudapi\.net|vault\.azure\.cn)$/.exec(hostname)?.[1]
  return `https://${known ?? 'vault.azure.net'}/.default`
}

function requireSameOrigin(keyId: string, vaultUrl: string): void {
  if (new URL(keyId).origin !== new URL(vaultUrl).origin) {
    throw new Error('the certificate names a key outside its vault')
  }
}
