import type { KqlValue } from '../kql/types.ts'
import type { ProcessFact } from './alert-model.ts'
import type { Device } from './devices.ts'
import { type FileImage, fullPath } from './images.ts'
import type { Random } from './random.ts'
import { huntingSchema } from './schema.ts'
import type { Ticks } from './ticks.ts'

export type RowValues = Record<string, KqlValue>

type RowShape = { blank: KqlValue[]; index: Record<string, number> }

const shapes = new Map<string, RowShape>()

function shapeOf(table: string): RowShape {
  const known = shapes.get(table)
  if (known) return known
  const schema = huntingSchema.get(table)
  if (!schema) throw new Error(`the hunting schema has no table "${table}"`)
  const shape: RowShape = {
    // Kusto has no null string.
    blank: schema.columns.map(column => (column.type === 'string' ? '' : null)),
    index: Object.fromEntries(schema.columns.map((column, index) => [column.name, index])),
  }
  shapes.set(table, shape)
  return shape
}

/**
 * Lays values out in the table's column order; what is not given is empty.
 *
 * @param own columns of this very table: an unknown one is a slip and throws
 * @param shared groups of columns that several tables have; those this table lacks are left out
 */
export function packRow(table: string, own: RowValues, ...shared: RowValues[]): KqlValue[] {
  const { blank, index } = shapeOf(table)
  const row = blank.slice()
  for (const values of shared) {
    for (const name in values) {
      const position = index[name]
      if (position !== undefined) row[position] = values[name] ?? blank[position] ?? null
    }
  }
  for (const name in own) {
    const position = index[name]
    if (position === undefined) throw new Error(`table ${table} has no column "${name}"`)
    row[position] = own[name] ?? blank[position] ?? null
  }
  return row
}

/** When and on which device: the first columns of every device table. */
export function onDevice(device: Device, at: Ticks): RowValues {
  return { Timestamp: at, DeviceId: device.id, DeviceName: device.dnsName }
}

/** A `ReportId` of the device tables: mostly small, now and then above 2^53, where JavaScript numbers end. */
export function reportId(random: Random): number | bigint {
  if (random.chance(0.01)) return (1n << 53n) + BigInt(random.int(1, 0x7fffffff)) * 4_000_003n
  return random.int(100, 4_000_000)
}

const initiatingColumns = new WeakMap<ProcessFact, RowValues>()

/** The `InitiatingProcess…` columns for what a process did. */
export function initiatedBy(process: ProcessFact): RowValues {
  const known = initiatingColumns.get(process)
  if (known) return known
  const { image, account, parent } = process
  const values: RowValues = {
    InitiatingProcessAccountDomain: account.domain.toLowerCase(),
    InitiatingProcessAccountName: account.name,
    InitiatingProcessAccountSid: account.sid,
    InitiatingProcessAccountUpn: account.upn,
    InitiatingProcessAccountObjectId: account.objectId,
    InitiatingProcessLogonId: process.logonId,
    InitiatingProcessIntegrityLevel: process.integrity,
    InitiatingProcessTokenElevation: elevationOf(process),
    InitiatingProcessSHA1: image.sha1,
    InitiatingProcessSHA256: image.sha256,
    InitiatingProcessMD5: image.md5,
    InitiatingProcessFileName: image.name,
    InitiatingProcessFileSize: image.size,
    InitiatingProcessVersionInfoCompanyName: image.company,
    InitiatingProcessVersionInfoProductName: image.product,
    InitiatingProcessVersionInfoProductVersion: image.version,
    InitiatingProcessVersionInfoInternalFileName: image.company === '' ? '' : image.name,
    InitiatingProcessVersionInfoOriginalFileName: image.company === '' ? '' : image.name,
    InitiatingProcessVersionInfoFileDescription: image.description,
    InitiatingProcessId: process.id,
    InitiatingProcessCommandLine: process.commandLine,
    InitiatingProcessCreationTime: process.created,
    InitiatingProcessFolderPath: fullPath(image).toLowerCase(),
    InitiatingProcessParentId: parent?.id ?? null,
    InitiatingProcessParentFileName: parent?.image.name ?? '',
    InitiatingProcessParentCreationTime: parent?.created ?? null,
    InitiatingProcessSignerType: image.isSigned ? 'OsVendor' : 'Unknown',
    InitiatingProcessSignatureStatus: image.isSigned ? 'Valid' : 'Unknown',
    InitiatingProcessSessionId: process.integrity === 'System' ? 0 : 1,
    IsInitiatingProcessRemoteSession: false,
    InitiatingProcessUniqueId: `${process.id}${process.created % 1_000_000n}`,
  }
  initiatingColumns.set(process, values)
  return values
}

/** The columns that say which file an event is about. */
export function imageColumns(image: FileImage): RowValues {
  return {
    FileName: image.name,
    FolderPath: fullPath(image),
    SHA1: image.sha1,
    SHA256: image.sha256,
    MD5: image.md5,
    FileSize: image.size,
  }
}

/** The columns of `DeviceProcessEvents` that describe the new process itself. */
export function createdProcess(process: ProcessFact): RowValues {
  const { image, account } = process
  return {
    ...imageColumns(image),
    ProcessVersionInfoCompanyName: image.company,
    ProcessVersionInfoProductName: image.product,
    ProcessVersionInfoProductVersion: image.version,
    ProcessVersionInfoInternalFileName: image.company === '' ? '' : image.name,
    ProcessVersionInfoOriginalFileName: image.company === '' ? '' : image.name,
    ProcessVersionInfoFileDescription: image.description,
    ProcessId: process.id,
    ProcessCommandLine: process.commandLine,
    ProcessIntegrityLevel: process.integrity,
    ProcessTokenElevation: elevationOf(process),
    ProcessCreationTime: process.created,
    AccountDomain: account.domain.toLowerCase(),
    AccountName: account.name,
    AccountSid: account.sid,
    AccountUpn: account.upn,
    AccountObjectId: account.objectId,
    LogonId: process.logonId,
    CreatedProcessSessionId: process.integrity === 'System' ? 0 : 1,
    IsProcessRemoteSession: false,
    ProcessUniqueId: `${process.id}${process.created % 1_000_000n}`,
  }
}

function elevationOf(process: ProcessFact): string {
  if (process.integrity === 'System') return 'TokenElevationTypeDefault'
  return process.integrity === 'High' ? 'TokenElevationTypeFull' : 'TokenElevationTypeLimited'
}
