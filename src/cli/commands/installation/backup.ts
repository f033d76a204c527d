import type { Command } from 'commander'
import { createAudit } from '../../../audit/audit.ts'
import type { Manifest } from '../../../backup/archive.ts'
import { backUp } from '../../../backup/backup.ts'
import { restore, showKey } from '../../../backup/restore.ts'
import type { Config } from '../../../config.ts'
import { AppError } from '../../../errors.ts'
import { openKey, replaceKeyFile } from '../../../installation/key.ts'
import { createInstallationStore } from '../../../installation/store.ts'
import { openDatabase } from '../../../platform/database/index.ts'
import { prepareDatabase } from '../../../platform/database/migrations/prepare.ts'
import { checkServer } from '../../../platform/database/migrations/server-check.ts'
import { version } from '../../../version.ts'
import { commandLineActor, withDatabase } from '../../context.ts'
import { printJson, say } from '../../output.ts'

export function backupCommands(program: Command): void {
  program
    .command('backup')
    .description('write the whole database and the sealed installation key into one file')
    .argument('<file>')
    .option('--overwrite', 'replace the file when it exists', false)
    .option('--without-key', 'leave the installation key out', false)
    .option('--json', 'print JSON')
    .action(
      async (
        path: string,
        { overwrite, withoutKey, json }: { overwrite: boolean; withoutKey: boolean; json?: boolean },
      ) => {
        await withDatabase(async (access, config) => {
          const databaseUrl = await prepareDatabase(access)
          const passphrase = withoutKey ? null : requirePassphrase(config)
          const db = openDatabase(databaseUrl, 2)
          try {
            const key = await openKey(config, createInstallationStore(db))
            const manifest = await backUp({ databaseUrl, path, overwrite, version, key, passphrase })
            const detail = { file: path, ...sumOf(manifest), withKey: passphrase !== null }
            await createAudit({ db, key }).record({
              actor: commandLineActor,
              action: 'backup.created',
              target: path,
              detail,
            })
            if (json) return printJson({ ...detail, ...manifest })
            say(`Wrote ${detail.rows} rows of ${detail.tables} tables to ${path}, and read them back.`)
            if (!passphrase) say('The installation key is not in it: keep it elsewhere.')
          } finally {
            await db.$disconnect()
          }
        })
      },
    )

  program
    .command('restore')
    .description('bring a backup into the database; then restart every process')
    .argument('<file>')
    .option('--overwrite', 'replace what the database holds', false)
    .option('--show-key', 'print the installation key of the backup, and change nothing', false)
    .option('--json', 'print JSON')
    .action(
      async (
        path: string,
        { overwrite, showKey: isKeyShown, json }: { overwrite: boolean; showKey: boolean; json?: boolean },
      ) => {
        await withDatabase(async (access, config) => {
          if (isKeyShown) {
            const key = await showKey(path, requirePassphrase(config))
            return process.stdout.write(`${key.toString('base64')}\n`)
          }
          const { backupPassphrase: passphrase, secretKey } = config
          // The tables are replaced: only the role that owns them may do that.
          const databaseUrl = await checkServer(access.migrationUrl ?? access.directUrl ?? access.url)
          const restored = await restore({
            databaseUrl,
            path,
            overwrite,
            passphrase,
            givenKey: secretKey ? Buffer.from(secretKey, 'base64') : null,
          })
          const { manifest, createdAt, key, audit, others } = restored
          const kept = key && !secretKey ? await replaceKeyFile(config.dataDir, key) : null
          const detail = { file: path, createdAt, ...sumOf(manifest) }
          // The restored tables belong to the migrating role, and the audit's triggers went with the old ones.
          const workingUrl = await prepareDatabase(access)
          if (key) await recordRestore(workingUrl, key, detail)
          if (json) return printJson({ ...detail, audit, mustRestart: others > 0 })
          say(`Brought back ${detail.rows} rows of ${detail.tables} tables as of ${createdAt}.`)
          if (audit?.isIntact) say(`The audit is intact: ${audit.events} events.`)
          if (audit?.isIntact === false)
            say('The audit was broken before the backup was made: see "audit verify".')
          if (kept) say(`The key that was in the data folder is now ${kept}.`)
          if (!key) say('The backup holds no installation key: set TENANTRY_SECRET_KEY to the one it had.')
          if (others > 0) say('Restart every Tenantry process: they still work with what was before.')
          return
        })
      },
    )
}

function requirePassphrase({ backupPassphrase }: Config): string {
  if (backupPassphrase !== null) return backupPassphrase
  throw new AppError('settings', 'TENANTRY_BACKUP_PASSPHRASE is not set, which seals the installation key', {
    remedy: 'Set it, or its _FILE; "backup --without-key" leaves the key out.',
  })
}

function sumOf({ tables }: Manifest): { tables: number; rows: number } {
  const all = Object.values(tables)
  return { tables: all.length, rows: all.reduce((sum, { rows }) => sum + rows, 0) }
}

async function recordRestore(
  databaseUrl: string,
  key: Buffer,
  detail: Record<string, unknown> & { file: string },
): Promise<void> {
  const db = openDatabase(databaseUrl, 1)
  try {
    await createAudit({ db, key }).record({
      actor: commandLineActor,
      action: 'backup.restored',
      target: detail.file,
      detail,
    })
  } finally {
    await db.$disconnect()
  }
}
