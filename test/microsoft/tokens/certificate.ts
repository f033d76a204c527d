import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

/** A key with a self-signed certificate, as PEM texts and DER. */
export type TestCertificate = {
  key: KeyObject
  keyPem: string
  certificatePem: string
  der: Buffer
  /** Key and certificate in one text, as the settings want them. */
  pem: string
}

/**
 * Makes a self-signed RSA certificate. Written in DER by hand: Node reads X.509 but does not make it.
 *
 * @param options.hosts names and IPv4 addresses that it is for
 */
export function makeCertificate(options: { expiresAt?: Date; hosts?: string[] } = {}): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const expiresAt = options.expiresAt ?? new Date(Date.now() + 90 * 24 * 3600 * 1000)
  const der = selfSigned(privateKey, publicKey, expiresAt, options.hosts ?? [])
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const body = der
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n')
  const certificatePem = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`
  return { key: privateKey, keyPem, certificatePem, der, pem: `${keyPem}\n${certificatePem}` }
}

function selfSigned(privateKey: KeyObject, publicKey: KeyObject, expiresAt: Date, hosts: string[]): Buffer {
  // 1.2.840.113549.1.1.11 sha256WithRSAEncryption, 2.5.4.3 commonName
  const algorithm = sequence(tag(0x06, Buffer.from('2a864886f70d01010b', 'hex')), tag(0x05, Buffer.alloc(0)))
  const commonName = sequence(
    tag(0x06, Buffer.from('550403', 'hex')),
    tag(0x0c, Buffer.from('tenantry test')),
  )
  const name = sequence(tag(0x31, commonName))
  const startsAt = new Date(Math.min(Date.now(), expiresAt.getTime()) - 24 * 3600 * 1000)

  const body = sequence(
    tag(0xa0, tag(0x02, Buffer.from([2]))),
    tag(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    sequence(time(startsAt), time(expiresAt)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(hosts.length > 0 ? [tag(0xa3, sequence(subjectAltName(hosts)))] : []),
  )
  const signature = sign('sha256', body, privateKey)
  return sequence(body, algorithm, tag(0x03, Buffer.concat([Buffer.from([0]), signature])))
}

/** 2.5.29.17 subjectAltName: dNSName and iPAddress. */
function subjectAltName(hosts: string[]): Buffer {
  const names = hosts.map(host =>
    isIP(host) === 4 ? tag(0x87, Buffer.from(host.split('.').map(Number))) : tag(0x82, Buffer.from(host)),
  )
  return sequence(tag(0x06, Buffer.from('551d11', 'hex')), tag(0x04, sequence(...names)))
}

function time(at: Date): Buffer {
  return tag(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
}

function sequence(...parts: Buffer[]): Buffer {
  return tag(0x30, Buffer.concat(parts))
}

function tag(kind: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([kind]), lengthOf(content.length), content])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}
