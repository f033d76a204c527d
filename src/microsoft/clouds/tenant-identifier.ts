import { domainToASCII } from 'node:url'
import { isGuid } from '../../platform/guid.ts'

/** A tenant as people name it: its id, or one of its verified domains in lower-case ASCII. */
export type TenantIdentifier = { kind: 'id' | 'domain'; value: string }

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** The tenant of all personal Microsoft accounts: it exists and never gives an admin's consent. */
const personalAccounts = '9188040d-6c67-4c5b-b112-36a304b66dad'

/**
 * Reads what somebody typed. International names become their ASCII form.
 *
 * @returns null when it can be neither a tenant id nor a domain name
 * @see RFC 1035, section 2.3; RFC 5891
 */
export function readTenantIdentifier(typed: string): TenantIdentifier | null {
  const value = typed.trim().toLowerCase()
  if (isGuid(value)) return value === personalAccounts ? null : { kind: 'id', value }

  // domainToASCII reads as a URL host would: it must not see what a host cannot hold.
  if (value.length > 253 || /[\s/\\?#@:%[\]]/.test(value)) return null
  const domain = domainToASCII(value).replace(/\.$/, '')
  const labels = domain.split('.')
  const isName = labels.length >= 2 && domain.length <= 253 && labels.every(part => label.test(part))
  // A last label of digits is an IPv4 address, not a name.
  return isName && !/^\d+$/.test(labels.at(-1) ?? '') ? { kind: 'domain', value: domain } : null
}
