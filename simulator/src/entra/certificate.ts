import { createHash, type KeyObject, sign } from 'node:crypto'

// The few DER types that a self-signed X.509 certificate needs; Node reads
// certificates but does not write them.
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  if (content.length < 128) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const length = Buffer.from(content.length.toString(16).padStart(content.length > 255 ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content])
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts)
const commonNameOid = Buffer.from('0603550403', 'hex')
const sha256WithRsa = sequence(Buffer.from('06092a864886f70d01010b', 'hex'), Buffer.from('0500', 'hex'))

function name(commonName: string): Buffer {
  return sequence(der(0x31, sequence(commonNameOid, der(0x0c, Buffer.from(commonName, 'utf8')))))
}

// RFC 5280 section 4.1.2.5: two-digit years up to 2049, four digits after.
function time(at: Date): Buffer {
  const digits = `${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  return at.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2), 'ascii'))
    : der(0x18, Buffer.from(digits, 'ascii'))
}

export type CertificateOptions = { commonName: string; notBefore: Date; notAfter: Date }

/**
 * Writes a self-signed certificate for an RSA key, as key documents and
 * certificate credentials carry.
 *
 * @returns the certificate in DER
 * @see RFC 5280 section 4.1
 */
export function selfSignedCertificate(
  keys: { publicKey: KeyObject; privateKey: KeyObject },
  { commonName, notBefore, notAfter }: CertificateOptions,
): Buffer {
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' })
  // A positive serial of 16 bytes: the first bit stays clear.
  const serial = createHash('sha256').update(publicKey).digest().subarray(0, 16)
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0)

  const unsigned = sequence(
    der(0xa0, Buffer.from('020102', 'hex')),
    der(0x02, serial),
    sha256WithRsa,
    name(commonName),
    sequence(time(notBefore), time(notAfter)),
    name(commonName),
    publicKey,
  )
  const signature = sign('RSA-SHA256', unsigned, keys.privateKey)
  return sequence(unsigned, sha256WithRsa, der(0x03, Buffer.from([0]), signature))
}

/** The same certificate as PEM text. */
export function certificatePem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
