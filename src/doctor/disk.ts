import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Finding, failed, ok, warning } from './check.ts'

const check = 'disk of the data folder'
const gigabyte = 1024 ** 3

/** Room for what the data folder takes: tables of hunt results, and the embedded database where there is one. */
export async function checkDisk(dataDir: string): Promise<Finding> {
  try {
    const { bavail, blocks, bsize } = await statfs(nearest(dataDir))
    const free = bavail * bsize
    const words = `${(free / gigabyte).toFixed(1)} GB free of ${((blocks * bsize) / gigabyte).toFixed(1)} GB in ${dataDir}`
    return free >= 2 * gigabyte
      ? ok(check, words)
      : warning(check, words, 'Make room, or set TENANTRY_DATA_DIR to another disk.')
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return failed(check, said, 'Give this user the right to the folder that TENANTRY_DATA_DIR names.')
  }
}

/** The folder, or the one in which it will be made. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder))
}
