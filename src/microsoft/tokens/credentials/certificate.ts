import { constants, createPrivateKey, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { AppError } from '../../../errors.ts'
import { createAssertions, type Signer, signAssertion, writeAssertion } from './assertion.ts'
import type { Credential } from './credential.ts'

const signInBackground = promisify(sign)

/**
 * A certificate with its private key, as one PEM text; order and further
 * certificates of a chain do not matter.
 *
 * @throws AppError `settings` when the text holds no RSA key with its certificate
 */
export function certificateCredential(options: {
  pem: string
  label: string
  clientId: string
  now: () => Date
}): Credential {
  const { label, clientId, now } = options
  const { key, certificate } = readPem(options.pem, label)
  const assertions = createAssertions({ now })

  return {
    kind: 'certificate',
    label,
    async present(audience) {
      const assertion = await assertions.get(audience, () =>
        signAssertion(
          writeAssertion({ clientId, audience, certificate: certificate.raw, now: now() }),
          signerOf(key),
        ),
      )
      return { kind: 'assertion', assertion }
    },
    async renew() {
      // An assertion refused for its time must not be sent a second time.
      assertions.clear()
      return false
    },
    expiresAt: async () => certificate.validToDate,
  }
}

/** PS256 with the given key, on a thread of the pool. */
function signerOf(key: KeyObject): Signer {
  return input =>
    signInBackground('sha256', Buffer.from(input), {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    })
}

function readPem(pem: string, label: string): { key: KeyObject; certificate: X509Certificate } {
  const key = readKey(pem, label)
  const certificates = blocks(pem, /CERTIFICATE/).map(block => readCertificate(block, label))
  if (certificates.length === 0) {
    throw unusable(
      label,
      'holds no certificate',
      'Put the certificate and its private key into one PEM file.',
    )
  }

  const certificate = certificates.find(one => one.checkPrivateKey(key))
  if (!certificate) {
    throw unusable(
      label,
      'holds a private key that belongs to none of its certificates',
      'Use the matching pair.',
    )
  }
  return { key, certificate }
}

function readKey(pem: string, label: string): KeyObject {
  const [block] = blocks(pem, /(?:RSA |EC |ENCRYPTED )?PRIVATE KEY/)
  if (!block) {
    throw unusable(
      label,
      'holds no private key',
      'Put the certificate and its private key into one PEM file.',
    )
  }

  let key: KeyObject
  try {
    key = createPrivateKey(block)
  } catch {
    // OpenSSL's own words say nothing more, and could quote the key.
    throw unusable(label, 'holds a private key that cannot be read', 'Store it as unencrypted PKCS#8 in PEM.')
  }
  if (key.asymmetricKeyType !== 'rsa') {
    throw unusable(label, 'holds a key that is not RSA', 'Entra takes RSA certificates only: make a new one.')
  }
  return key
}

function readCertificate(block: string, label: string): X509Certificate {
  try {
    return new X509Certificate(block)
  } catch {
    throw unusable(label, 'holds a certificate that cannot be read', 'Export the certificate as PEM again.')
  }
}

function blocks(pem: string, kind: RegExp): string[] {
  const pattern = new RegExp(`-----BEGIN (${kind.source})-----[\\s\\S]+?-----END \\1-----`, 'g')
  return [...pem.matchAll(pattern)].map(match => match[0])
}

function unusable(label: string, found: string, remedy: string): AppError {
  return new AppError('settings', `${label} ${found}`, { remedy })
}
