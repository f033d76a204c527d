import type { ConsentOutcome, OutcomeKind } from '../../../consent/consent-outcome.ts'
import { lookupUrl } from '../../../microsoft/failures/lookup.ts'

type Tone = 'success' | 'info' | 'warning' | 'danger'

const tones: Record<OutcomeKind, Tone> = {
  approved: 'success',
  confirming: 'info',
  declined: 'info',
  not_admin: 'warning',
  blocked_by_policy: 'warning',
  license_missing: 'warning',
  expired: 'info',
  took_too_long: 'warning',
  used: 'info',
  revoked: 'info',
  unknown_link: 'warning',
  other_browser: 'warning',
  wrong_tenant: 'warning',
  guest: 'warning',
  outside_account: 'warning',
  tenant_taken: 'warning',
  forged: 'warning',
  proof_incomplete: 'warning',
  failed: 'danger',
}

/** What the page of an ending is given. */
export function toEndPage(end: ConsentOutcome) {
  const { code, correlationId, requestId } = end
  const lookup = lookupUrl(code)
  const ids = [
    { label: 'Code', value: code },
    { label: 'Correlation id', value: correlationId },
    { label: 'Request id', value: requestId },
  ].flatMap(({ label, value }) => (value ? [{ label, value }] : []))
  return {
    end,
    tone: tones[end.kind],
    ids,
    /** The same as one text, to be copied into a message. */
    lookup: lookup ? { href: lookup, code } : null,
    idsText: ids.map(({ label, value }) => `${label}: ${value}`).join('\n'),
  }
}
