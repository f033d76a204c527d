import { z } from 'zod'
import { defaultRemindAt } from '../../../invitations/reminder.ts'
import type { InvitationRecord } from '../../../invitations/store.ts'
import { readStoredContact } from '../../../tenants/contact.ts'

const text = (limit: number) => z.string().max(limit, `Use at most ${limit} characters`).default('')

/** What staff note about a link, as its two forms have it. */
export const detailsFields = {
  tags: text(4000),
  contactName: text(300),
  contactEmail: text(300),
  contactPhone: text(100),
  remindOn: z.literal('').or(z.iso.date('Choose a date, or leave it empty')).default(''),
}

const detailsForm = z.object(detailsFields)

/** As the domain takes it; a day begins at midnight UTC. */
export function toDetails(form: z.output<typeof detailsForm>) {
  return {
    tags: form.tags.split(',').filter(tag => tag.trim() !== ''),
    contact: { name: form.contactName, email: form.contactEmail, phone: form.contactPhone },
    remindAt: form.remindOn === '' ? null : new Date(`${form.remindOn}T00:00:00Z`),
  }
}

/** A form for a new link. */
export function newDetails(now: Date) {
  return {
    tags: '',
    contactName: '',
    contactEmail: '',
    contactPhone: '',
    remindOn: dayOf(defaultRemindAt(now)),
  }
}

/** The form as it stands for a link. */
export function detailsOf({ tags, contact, remindAt }: InvitationRecord) {
  const { name, email, phone } = readStoredContact(contact) ?? {}
  return {
    tags: tags.join(', '),
    contactName: name ?? '',
    contactEmail: email ?? '',
    contactPhone: phone ?? '',
    remindOn: remindAt ? dayOf(remindAt) : '',
  }
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10)
}
