import { AppError } from '../../../errors.ts'

/** Whether a text is the id of a device, not its name: 40 hex digits. */
export function isDeviceId(text: string): boolean {
  return /^[0-9a-f]{40}$/i.test(text)
}

/**
 * A device id or DNS name as part of a path.
 *
 * @throws AppError `not_found` for what can be neither
 */
export function readDeviceId(deviceId: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,254}$/.test(deviceId)) return encodeURIComponent(deviceId.toLowerCase())
  throw new AppError('not_found', 'there is no such device')
}

/** Actions take ids only: a name may have passed to another device. @throws AppError `not_found` */
export function readExactDeviceId(deviceId: string): string {
  if (isDeviceId(deviceId)) return deviceId.toLowerCase()
  throw new AppError('not_found', 'there is no such device', { remedy: 'Name the device by its id.' })
}
