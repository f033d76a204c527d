/** How an event of a tenant's timeline is told to staff. */
export type EventWords = { title: string; tone: 'positive' | 'caution' | 'danger' | 'info' | undefined }

const words: Record<string, EventWords> = {
  consented: { title: 'Consent given', tone: 'info' },
  consent_renewed: { title: 'Consent renewed', tone: 'info' },
  connected_elsewhere: { title: 'Connected without an invitation', tone: 'info' },
  verifying: { title: 'Being checked', tone: 'info' },
  connected: { title: 'Connected', tone: 'positive' },
  degraded: { title: 'Something is missing', tone: 'caution' },
  disconnected: { title: 'Disconnected', tone: 'danger' },
  roles_changed: { title: 'Permissions changed', tone: 'caution' },
  required_roles_changed: { title: 'Other permissions are required now', tone: 'caution' },
  suspended: { title: 'Calls suspended', tone: 'caution' },
  resumed: { title: 'Calls resumed', tone: 'positive' },
  renamed: { title: 'Renamed', tone: undefined },
  tags_changed: { title: 'Tags changed', tone: undefined },
}

/** What a device action is called once it was asked for. */
export const deviceActionNames: Record<string, string> = {
  isolate: 'Isolation',
  release: 'Release from isolation',
  scan: 'Antivirus scan',
  collect: 'Investigation package',
}
const deviceEnds: Record<string, { word: string; tone: EventWords['tone'] }> = {
  requested: { word: 'requested', tone: 'info' },
  succeeded: { word: 'succeeded', tone: 'positive' },
  failed: { word: 'failed', tone: 'danger' },
  timed_out: { word: 'timed out', tone: 'danger' },
  canceled: { word: 'canceled', tone: undefined },
}

/** `device_isolate_requested`, as src/devices/tenant-event.ts writes it. */
function deviceWords(type: string): EventWords | undefined {
  const [, action = '', status = ''] = /^device_([a-z]+)_([a-z_]+)$/.exec(type) ?? []
  const name = deviceActionNames[action]
  const end = deviceEnds[status]
  return name && end ? { title: `${name} ${end.word}`, tone: end.tone } : undefined
}

/** An event that this version has no words for is told by its type. */
export function eventWords(type: string): EventWords {
  return words[type] ?? deviceWords(type) ?? { title: type.replaceAll('_', ' '), tone: undefined }
}
