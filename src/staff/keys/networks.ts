import ipaddr from 'ipaddr.js'
import { AppError } from '../../errors.ts'

const mostNetworks = 50

/**
 * Addresses and networks that a key may be used from, in one spelling each.
 *
 * @throws AppError `invalid` for what is neither, and for networks that hold every address
 */
export function readNetworks(entries: readonly string[]): string[] {
  const wanted = [...new Set(entries.map(entry => entry.trim()).filter(entry => entry !== ''))]
  if (wanted.length > mostNetworks)
    throw new AppError('invalid', `a key is limited to at most ${mostNetworks} networks`)
  return [...new Set(wanted.map(readNetwork))].sort()
}

/** Whether an address lies in one of the networks; IPv4 in IPv6's spelling is IPv4. */
export function isWithinNetworks(address: string, networks: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false
  const asked = ipaddr.process(address)
  return networks.some(network => {
    const [range, bits] = ipaddr.parseCIDR(network)
    return range.kind() === asked.kind() && asked.match(range, bits)
  })
}

function readNetwork(text: string): string {
  const withBits = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`
  const [address = '', bits = ''] = withBits.split('/')
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address)
  if (!isAddress || !/^[1-9]\d*$/.test(bits) || !ipaddr.isValidCIDR(withBits)) {
    throw new AppError(
      'invalid',
      `"${text.toWellFormed().slice(0, 60)}" is neither an address nor a network`,
      {
        remedy: 'Write addresses such as 192.0.2.7 or networks such as 192.0.2.0/24.',
        details: {
          fields: { addresses: 'Write addresses such as 192.0.2.7 or networks such as 192.0.2.0/24' },
        },
      },
    )
  }
  const [parsed, length] = ipaddr.parseCIDR(withBits)
  const first =
    parsed instanceof ipaddr.IPv4
      ? ipaddr.IPv4.networkAddressFromCIDR(withBits)
      : ipaddr.IPv6.networkAddressFromCIDR(withBits)
  return `${first.toString()}/${length}`
}
