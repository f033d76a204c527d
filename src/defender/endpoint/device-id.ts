import { AppError } from '../../errors.ts'

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
  if (/^[0-9a-f]{40}$/i.test(deviceId)) return deviceId.toLowerCase()
  throw new AppError('not_found', 'there is no such device', { remedy: 'Name the device by its id.' })
}
