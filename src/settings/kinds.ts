import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import addressparser from 'nodemailer/lib/addressparser'
import { isGuid } from '../platform/guid.ts'
import { isLoopback } from '../platform/loopback.ts'
import { editDistance } from './edit-distance.ts'

/** A value that cannot be used: what is wrong and what to do. Never holds a secret's value. */
export class Unusable extends Error {
  readonly remedy: string

  constructor(message: string, remedy: string) {
    super(message)
    this.remedy = remedy
  }
}

/**
 * How the text of a setting becomes its value.
 *
 * @param value trimmed, never empty
 * @param readFile a file's text, or throws
 * @throws Unusable
 */
export type Kind<T> = (value: string, readFile: (path: string) => string) => T

export const text: Kind<string> = value => value

/** An address or a name to listen at; an IPv6 address may stand in brackets, as in a URL. */
export const host: Kind<string> = value => value.replace(/^\[(.+)\]$/, '$1')

export function number({ min, max }: { min: number; max: number }): Kind<number> {
  return value => {
    const parsed = Number(value)
    if (Number.isFinite(parsed) && parsed >= min && parsed <= max) return parsed
    throw new Unusable(`"${value}" is not a number from ${min} to ${max}`, 'set it to such a number')
  }
}

export function integer(range: { min: number; max: number }): Kind<number> {
  const parse = number(range)
  return (value, readFile) => {
    const parsed = parse(value, readFile)
    if (Number.isInteger(parsed)) return parsed
    throw new Unusable(
      `"${value}" is not a whole number`,
      `set it to a whole number from ${range.min} to ${range.max}`,
    )
  }
}

export function oneOf<const T extends string>(...allowed: T[]): Kind<T> {
  return value => {
    const found = allowed.find(candidate => candidate === value)
    if (found !== undefined) return found
    throw new Unusable(`"${value}" is not known`, `use one of ${allowed.join(', ')}`)
  }
}

export const guid: Kind<string> = value => {
  if (isGuid(value)) return value.toLowerCase()
  throw new Unusable('is not a GUID', "copy the id from the app registration's overview page")
}

/** An authentication context of Conditional Access: `c1` to `c99`. */
export const acrValue: Kind<string> = value => {
  if (/^c[1-9]\d?$/.test(value)) return value
  throw new Unusable(
    `"${value}" is not an authentication context`,
    'set it to the id of an authentication context in Conditional Access, c1 to c99',
  )
}

/** Scheme, host and port; https, or plain http on this machine. */
export const origin: Kind<string> = value => {
  const url = URL.parse(value)
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new Unusable(
      `"${value}" is not a web address`,
      'set it to an address such as https://tenantry.partner.example',
    )
  }
  if (url.pathname !== '/' || url.search || url.hash || url.username) {
    throw new Unusable(`"${value}" is more than an origin`, `use scheme, host and port only: ${url.origin}`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new Unusable(
      `"${value}" is plain http`,
      'use https; plain http is accepted for loopback addresses only',
    )
  }
  return url.origin
}

/** Addresses and networks (`10.0.0.0/8`), separated by commas; `loopback` is this machine. */
export const networks: Kind<string[]> = value => {
  const entries = value.split(',').flatMap(entry => entry.trim() || [])
  const wrong = entries.filter(entry => entry !== 'loopback' && !isNetwork(entry))
  if (wrong.length === 0 && entries.length > 0) return entries
  throw new Unusable(
    `"${wrong.join(', ') || value}" is neither an address nor a network`,
    'list addresses such as 10.0.0.7 or networks such as 10.0.0.0/24, separated by commas',
  )
}

function isNetwork(entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/')
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : 0
  if (bits === 0 || rest.length > 0) return false
  // No prefix of 0: trusting everybody would let each visitor choose an address.
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits)
}

/** Its value may hold a password, so no message repeats it. */
export const postgresUrl: Kind<string> = value => {
  if (/^postgres(ql)?:$/.test(URL.parse(value)?.protocol ?? '')) return value
  throw new Unusable(
    'is not a PostgreSQL address',
    'write it as postgresql://user:password@host:5432/database, or leave it out for the embedded PostgreSQL',
  )
}

export const secretKey: Kind<string> = value => {
  if (Buffer.from(value, 'base64').length >= 32) return value
  throw new Unusable(
    'is shorter than 32 bytes',
    'make one with "openssl rand -base64 32" and give every process on this database the same',
  )
}

/** `http://user:password@host:port`, `http://` may be left out. It may hold a password, so no message repeats it. */
export const proxyUrl: Kind<URL> = value => {
  const url = URL.parse(value.includes('://') ? value : `http://${value}`)
  if (url && ['http:', 'https:'].includes(url.protocol) && url.hostname !== '') return url
  throw new Unusable(
    'is not the address of an http proxy',
    'write it as http://proxy.partner.example:3128; SOCKS proxies are not supported',
  )
}

/** It may hold a password, so no message repeats it. */
export const smtpUrl: Kind<URL> = value => {
  const url = URL.parse(value)
  const isWhole =
    url && url.hostname !== '' && ['', '/'].includes(url.pathname) && url.search === '' && url.hash === ''
  if (isWhole && ['smtp:', 'smtps:'].includes(url.protocol)) return url
  throw new Unusable(
    'is not the address of a mail server',
    'write it as smtp://user:password@mail.partner.example:587, or smtps:// for TLS from the first byte; characters such as @ in the password are percent-encoded',
  )
}

/** One address, with a name or without: `Tenantry <alerts@partner.example>`. */
export const mailAddress: Kind<string> = value => {
  const [only, ...others] = addressparser(value)
  const address = only && 'address' in only ? (only.address ?? '') : ''
  if (others.length === 0 && /^[^\s@<>]+@[^\s@<>]+$/.test(address) && !/\p{Cc}/u.test(value)) return value
  throw new Unusable(
    `"${value}" is not one mail address`,
    'write it as alerts@partner.example or Tenantry <alerts@partner.example>',
  )
}

/** Words separated by commas or spaces. */
export const list: Kind<string[]> = value => value.split(/[,\s]+/).filter(entry => entry !== '')

/** Several of a few names; an unknown one is refused with the nearest known. */
export function listOf<const T extends string>(...allowed: T[]): Kind<T[]> {
  return value =>
    list(value, () => '').map(entry => {
      const found = allowed.find(candidate => candidate === entry)
      if (found !== undefined) return found
      const nearest = allowed.toSorted((a, b) => editDistance(entry, a) - editDistance(entry, b))[0]
      throw new Unusable(
        `"${entry}" is not known`,
        `write ${nearest} if that is meant; known are ${allowed.join(', ')}`,
      )
    })
}

/** The certificates of a PEM file, one text each. */
export const certificateFile: Kind<string[]> = (path, readFile) => {
  const pem = readOrExplain(path, readFile)
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (found.length > 0 && found.every(isCertificate)) return found
  throw new Unusable(
    `"${path}" does not hold certificates as PEM`,
    'name a file with the certificates of the authorities to trust as well',
  )
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

/** The PEM text of a file that holds a private key and its certificate. */
export const pemFile: Kind<string> = (path, readFile) => {
  const pem = readOrExplain(path, readFile)
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem) && pem.includes('-----BEGIN CERTIFICATE-----'))
    return pem
  throw new Unusable(
    `"${path}" does not hold both a private key and a certificate`,
    'put both into one PEM file',
  )
}

/** A color as style sheets write it: `#0a6870`, in lower case. */
export const color: Kind<string> = value => {
  if (/^#[0-9a-f]{6}$/i.test(value)) return value.toLowerCase()
  throw new Unusable(`"${value}" is not a color`, 'write it as # and six hexadecimal digits, such as #0a6870')
}

/** The path of a picture that browsers show, by its name's end. */
export const imageFile: Kind<string> = (path, readFile) => {
  if (!/\.(svg|png)$/i.test(path)) {
    throw new Unusable(`"${path}" is neither an SVG nor a PNG`, 'name a file that ends in .svg or .png')
  }
  readOrExplain(path, readFile)
  return path
}

/** @throws Unusable when the file cannot be read */
export function readOrExplain(path: string, readFile: (path: string) => string): string {
  try {
    return readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new Unusable(
      `"${path}" cannot be read (${code})`,
      'check the path and that this user may read the file',
    )
  }
}
