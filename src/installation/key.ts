import { createHash, createHmac, randomBytes } from 'node:crypto'
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { makePrivateFolder } from '../platform/private-folder.ts'
import type { InstallationStore } from './store.ts'

/**
 * The installation's own key, 32 bytes. Link tokens, PKCE verifiers, nonces and
 * cookie signatures derive from it, so none of them has to be stored.
 *
 * With an embedded database it lives in the data folder; processes that share a
 * database are given the same one through TENANTRY_SECRET_KEY.
 *
 * @param secretKey the setting (base64), null to use the data folder's file
 * @throws AppError `settings` when the database belongs to an installation with another key
 */
export async function openKey(
  { secretKey, dataDir }: { secretKey: string | null; dataDir: string },
  store: InstallationStore,
): Promise<Buffer> {
  const key = secretKey ? Buffer.from(secretKey, 'base64') : await keyFile(dataDir)
  const fingerprint = keyFingerprint(key)
  const known = await store.rememberFingerprint(fingerprint)
  if (known !== fingerprint) {
    throw new AppError(
      'settings',
      'this database was made with another installation key: consent links and sessions made with it would stop working',
      {
        remedy:
          'Set TENANTRY_SECRET_KEY to the value that the other processes use, or copy their secret.key into the data folder.',
      },
    )
  }
  return key
}

/**
 * A secret that derives from the installation's key, so that no row holds it:
 * it is computed again when it is needed.
 *
 * @param of what the secret belongs to
 * @returns base64url, 43 characters
 */
export function deriveSecret(key: Buffer, purpose: string, of: string): string {
  return createHmac('sha256', key).update(`${purpose}:${of}`).digest('base64url')
}

/** By which a database knows its key, and which tells nothing of it. */
export function keyFingerprint(key: Buffer): string {
  return createHash('sha256').update('tenantry key fingerprint:').update(key).digest('hex').slice(0, 16)
}

/**
 * Puts a key that was brought back into the data folder. Another one that was
 * there stays beside it.
 *
 * @returns where the other one is now, null when there was none
 */
export async function replaceKeyFile(dataDir: string, key: Buffer): Promise<string | null> {
  const path = join(dataDir, 'secret.key')
  await makePrivateFolder(dataDir)
  const before = await readFile(path, 'utf8').catch(() => null)
  if (before?.trim() === key.toString('base64')) return null
  const kept = before === null ? null : `${path}.before-restore-${Date.now()}`
  if (kept) await rename(path, kept)
  await writeFile(path, `${key.toString('base64')}\n`, { flag: 'wx', mode: 0o600 })
  return kept
}

async function keyFile(dataDir: string): Promise<Buffer> {
  const path = join(dataDir, 'secret.key')
  await makePrivateFolder(dataDir)
  try {
    // Exclusive: of two processes that start at once, one makes the key and both read it.
    await writeFile(path, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 })
    await chmod(path, 0o600)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return Buffer.from((await readFile(path, 'utf8')).trim(), 'base64')
}
