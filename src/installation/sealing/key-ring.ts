import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { AppError } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import type { SealingKey } from '../../platform/sealing/envelope.ts'
import { addSealingKey, findSealingKeys, removeSealingKeys, type SealingKeyRow } from './store.ts'

/** Other processes seal with a new key after this at the latest. */
export const ringReadMs = 5_000

/** The data keys of an installation: random, and stored only wrapped by the installation's key. */
export type KeyRing = {
  /** The key that seals; made when there is none. */
  current(): Promise<SealingKey>
  /** @throws AppError `settings` when the key is not there, or was wrapped by another installation's key */
  byId(id: string): Promise<SealingKey>
  /** Makes a new key that seals from now on. */
  add(): Promise<SealingKey>
  /** Every id but that of the key that seals. */
  olderIds(): Promise<string[]>
  /** Ids of keys that another one took the place of before that time. */
  replacedBefore(at: Date): Promise<string[]>
  remove(ids: string[]): Promise<void>
}

export function createKeyRing({ db, key, now }: { db: Database; key: Buffer; now: () => Date }): KeyRing {
  const wrapping = Buffer.from(hkdfSync('sha256', key, '', 'tenantry key wrapping', 32))
  const unwrapped = new Map<string, SealingKey>()
  let rows: SealingKeyRow[] = []
  let readAt = Number.NEGATIVE_INFINITY

  async function read(): Promise<void> {
    rows = await findSealingKeys(db)
    readAt = performance.now()
  }

  async function fresh(): Promise<SealingKeyRow | undefined> {
    if (performance.now() - readAt > ringReadMs) await read()
    return rows.at(-1)
  }

  function unwrap(row: SealingKeyRow): SealingKey {
    const known = unwrapped.get(row.id)
    if (known) return known
    const opened = { id: row.id, key: unwrapKey(wrapping, row) }
    unwrapped.set(row.id, opened)
    return opened
  }

  async function add(): Promise<SealingKey> {
    await read()
    const id = randomBytes(8).toString('hex')
    const number = (rows.at(-1)?.number ?? 0) + 1
    const wrapped = wrapKey(wrapping, id, randomBytes(32))
    // Of two processes that begin at once one makes the key, and both read it.
    await addSealingKey(db, { id, number, wrapped, createdAt: now() })
    await read()
    const row = rows.at(-1)
    if (!row) throw new Error('a sealing key vanished right after it was made')
    return unwrap(row)
  }

  return {
    async current() {
      const row = await fresh()
      return row ? unwrap(row) : add()
    },

    async byId(id) {
      const known = unwrapped.get(id)
      if (known) return known
      if (!rows.some(row => row.id === id)) await read()
      const row = rows.find(one => one.id === id)
      if (row) return unwrap(row)
      throw new AppError('settings', `the sealing key ${id} is not in the database`, {
        remedy: 'Restore the table SealingKey from a backup of the same time as the data.',
      })
    },

    add,

    async olderIds() {
      await read()
      return rows.slice(0, -1).map(({ id }) => id)
    },

    async replacedBefore(at) {
      await read()
      return rows.filter((_, index) => (rows[index + 1]?.createdAt ?? at) < at).map(({ id }) => id)
    },

    async remove(ids) {
      await removeSealingKeys(db, ids)
      for (const id of ids) unwrapped.delete(id)
      await read()
    },
  }
}

function wrapKey(wrapping: Buffer, id: string, key: Buffer): Buffer<ArrayBuffer> {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', wrapping, nonce)
  cipher.setAAD(Buffer.from(id))
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()])
}

function unwrapKey(wrapping: Buffer, { id, wrapped }: SealingKeyRow): Buffer {
  const bytes = Buffer.from(wrapped)
  const decipher = createDecipheriv('aes-256-gcm', wrapping, bytes.subarray(0, 12))
  decipher.setAAD(Buffer.from(id))
  decipher.setAuthTag(bytes.subarray(-16))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
  } catch {
    throw new AppError('settings', `the sealing key ${id} was not wrapped by this installation's key`, {
      remedy:
        'Set TENANTRY_SECRET_KEY, or the data folder’s secret.key, to the key that the data was sealed with.',
    })
  }
}
