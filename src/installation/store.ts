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

    /**
     * Keeps what was said last about a credential.
     *
     * @returns false when it was said before, by whichever process
     */
    async rememberWarning(credential: string, said: string): Promise<boolean> {
      const key = `credential-warning ${credential}`
      const made = await db.setting.createMany({ data: [{ key, value: said }], skipDuplicates: true })
      if (made.count === 1) return true
      const { count } = await db.setting.updateMany({
        where: { key, value: { not: said } },
        data: { value: said },
      })
      return count === 1
    },
  }
}
