import { createHash } from 'node:crypto'
import { derived } from '../scalar/make.ts'
import { toText } from '../values/convert.ts'
import { EPOCH_IN_DOTNET_TICKS } from '../values/datetime.ts'
import { toLong } from '../values/integers.ts'
import type { FunctionTable, ScalarFunction } from './define.ts'
import { define } from './define.ts'
import { xxhash64 } from './xxhash.ts'

function digest(algorithm: string): ScalarFunction {
  return ([value]) => {
    const args = value ? [value] : []
    return derived('string', args, row => {
      const text = value ? toText(value.eval(row), value.type) : ''
      return createHash(algorithm).update(text).digest('hex')
    })
  }
}

/** `hash(value[, modulus])`: xxHash64 of the text, or of the eight bytes of a number or time. */
const hash: ScalarFunction = ([value, modulus]) => {
  const args = [value, modulus].filter(arg => arg !== undefined)
  return derived('long', args, row => {
    const hashed = BigInt.asIntN(64, xxhash64(value ? bytesOf(value.eval(row), value.type) : Buffer.alloc(0)))
    const by = modulus?.eval(row)
    if (by === undefined) return toLong(hashed)
    if (by === null || !(Number(by) >= 1)) return null
    const divisor = BigInt(Math.trunc(Number(by)))
    return toLong(((hashed % divisor) + divisor) % divisor)
  })
}

function bytesOf(value: Parameters<typeof toText>[0], type: Parameters<typeof toText>[1]): Buffer {
  const isWhole =
    typeof value === 'bigint' || (typeof value === 'number' && type !== 'real' && type !== 'dynamic')
  if (!isWhole) return Buffer.from(toText(value, type))
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value) + (type === 'datetime' ? EPOCH_IN_DOTNET_TICKS : 0n)))
  return bytes
}

function decodeBase64(text: string): string | null {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return null
  const decoded = Buffer.from(text, 'base64')
  const utf8 = decoded.toString('utf8')
  return Buffer.from(utf8).equals(decoded) ? utf8 : null
}

function decodeUrl(text: string): string {
  return text.replaceAll('+', ' ').replace(/(?:%[0-9a-f]{2})+/gi, part => {
    return Buffer.from(part.replaceAll('%', ''), 'hex').toString('utf8')
  })
}

/** @see Kusto query language, "Scalar functions", hash and encoding functions */
export const encodingFunctions: FunctionTable = {
  base64_encode_tostring: define(['string'], text => Buffer.from(text).toString('base64')),
  base64_encodestring: define(['string'], text => Buffer.from(text).toString('base64')),
  base64_decode_tostring: define(['string'], text => decodeBase64(text) ?? ''),
  base64_decodestring: define(['string'], text => decodeBase64(text) ?? ''),
  base64_decode_toarray: define(['string'], text => {
    return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0
      ? [...Buffer.from(text, 'base64')]
      : null
  }),
  url_encode: define(['string'], text => encodeURIComponent(text.toWellFormed()).replaceAll('%20', '+')),
  url_encode_component: define(['string'], text => encodeURIComponent(text.toWellFormed())),
  url_decode: define(['string'], decodeUrl),
  hash,
  hash_xxhash64: hash,
  hash_md5: digest('md5'),
  hash_sha1: digest('sha1'),
  hash_sha256: digest('sha256'),
}
