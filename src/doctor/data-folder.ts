import { join } from 'node:path'
import { accessOfOthers } from '../platform/private-folder.ts'
import { type Finding, failed, ok, warning } from './check.ts'

const check = 'data folder'

/** Whether others of this machine may read where the key and the data are. */
export async function checkDataFolder(dataDir: string): Promise<Finding> {
  try {
    const others = await accessOfOthers(dataDir)
    if (others.length === 0) return ok(check, `nobody else may list or write ${dataDir}`)
    return warning(
      check,
      `others of this machine may ${others.join(' and ')} ${dataDir}`,
      `Run "chmod go-rw ${dataDir}" as its owner, or set TENANTRY_DATA_DIR to one that Tenantry makes, such as ${join(dataDir, 'tenantry')}.`,
    )
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return ok(check, `${dataDir} is made for its owner alone when it is needed`)
    }
    const said = error instanceof Error ? error.message : String(error)
    return failed(check, said, 'Give this user the right to the folder that TENANTRY_DATA_DIR names.')
  }
}
