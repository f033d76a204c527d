/** How an event of a tenant's timeline is told to staff. */
export type EventWords = { title: string; tone: 'positive' | 'caution' | 'danger' | 'info' | undefined }

const words: Record<string, EventWords> = {
  consented: { title: 'Consent given', tone: 'info' },
  consent_renewed: { title: 'Consent renewed', tone: 'info' },
  connected_elsewhere: { title: 'Connected without a link', tone: 'info' },
  verifying: { title: 'Being checked', tone: 'info' },
  connected: { title: 'Connected', tone: 'positive' },
  degraded: { title: 'Something is missing', tone: 'caution' },
  disconnected: { title: 'Disconnected', tone: 'danger' },
  roles_changed: { title: 'Permissions changed', tone: 'caution' },
  required_roles_changed: { title: 'Other permissions are required now', tone: 'caution' },
  tags_changed: { title: 'Tags changed', tone: undefined },
}

/** An event that this version has no words for is told by its type. */
export function eventWords(type: string): EventWords {
  return words[type] ?? { title: type.replaceAll('_', ' '), tone: undefined }
}
