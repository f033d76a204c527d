import type { Failure } from '../../../errors.ts'
import type { DeviceSource } from '../../../microsoft/defender/index.ts'
import { isGrantedOn } from '../../../microsoft/roles/capabilities.ts'

/** What a page says about where its devices come from, and what it therefore cannot show. */
export type SourceNote = { text: string; isWarning: boolean; failure: Failure | null }

const onlyEndpoint = 'Risk, antivirus state, first report and devices that were silent for 30 days'

/** @returns null when both sources took part, or nothing is lacking */
export function sourceNote(
  { source, failure }: { source: DeviceSource; failure: Failure | null },
  roles: readonly string[],
): SourceNote | null {
  if (source === 'both') return null
  if (source === 'hunting' && failure === null) {
    const text = `Read through advanced hunting. ${onlyEndpoint} are known to Defender for Endpoint’s API alone, which the customer has not granted (Machine.Read.All).`
    return { text, isWarning: false, failure }
  }
  if (source === 'hunting') {
    const isRetired = failure?.code === 'interface_retired'
    const why = isRetired ? 'Microsoft no longer serves' : 'no answer came from'
    const text = `Read through advanced hunting. ${onlyEndpoint} are missing: ${why} Defender for Endpoint’s API.`
    return { text, isWarning: !isRetired, failure }
  }
  if (failure !== null)
    return {
      text: 'Read through Defender for Endpoint’s API, since hunting did not answer.',
      isWarning: true,
      failure,
    }
  if (isGrantedOn(roles, 'devices.read', 'graph')) return null
  const text =
    'Read through Defender for Endpoint’s API, which Microsoft may end on 1 Feb 2027. Ask the customer for ThreatHunting.Read.All in time.'
  return { text, isWarning: false, failure: null }
}
