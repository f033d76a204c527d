import type { Database } from '../platform/database/index.ts'

export type InstallationStore = ReturnType<typeof createInstallationStore>

/** Facts that all processes on one database share. */
export function createInstallationStore(db: Database) {
  return {
    /**
     * Whether the database takes what is written: one that is read-only, or whose disk is full, still reads.
     *
     * @throws what it fails with
     */
    async probe(): Promise<boolean> {
      const written = await db.$executeRaw`
        INSERT INTO "Setting" (key, value, "updatedAt") VALUES ('readiness-probe', '{}', now())
        ON CONFLICT (key) DO UPDATE SET "updatedAt" = now()`
      return written === 1
    },

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

    /** Keeps whether the registration's ID tokens list directory roles (`wids`), as seen at the last staff sign-in. */
    async rememberDirectoryRoles(areListed: boolean): Promise<void> {
      const key = 'directory-roles-claim'
      await db.setting.upsert({
        where: { key },
        create: { key, value: areListed },
        update: { value: areListed },
      })
    },

    /** @returns null before the first staff sign-in */
    async directoryRolesListed(): Promise<boolean | null> {
      const found = await db.setting.findUnique({ where: { key: 'directory-roles-claim' } })
      return typeof found?.value === 'boolean' ? found.value : null
    },
  }
}
