import type { Database } from '../database/index.ts'

export type InstallationStore = ReturnType<typeof createInstallationStore>

/** Facts that all processes on one database share. */
export function createInstallationStore(db: Database) {
  return {
    /** Keeps the first fingerprint ever given and returns the one that is kept. */
    async rememberFingerprint(fingerprint: string): Promise<string> {
      const { value } = await db.setting.upsert({
        where: { key: 'key-fingerprint' },
        create: { key: 'key-fingerprint', value: fingerprint },
        update: {},
      })
      return String(value)
    },
  }
}
