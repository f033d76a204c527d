import { z } from 'zod'
import { AppError } from '../errors.ts'
import { readAddress } from '../platform/mail-address.ts'

/** Whom to ask at a customer; each part may be missing, but not all of them. */
export type Contact = { name: string | null; email: string | null; phone: string | null }

/** A contact as it is typed: nothing and blanks are the same. */
export type ContactDraft = { [part in keyof Contact]?: string | null | undefined }

const longestName = 120
/** Line breaks and other control characters, and marks that turn the reading direction. */
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
const phoneNumber = /^\+?\d[\d ()./-]{2,38}(?: ?(?:x|ext\.?) ?\d{1,8})?$/i

/**
 * Reads a contact.
 *
 * @returns null when every part is blank
 * @throws AppError `invalid` with `details.fields`, keyed `contactName`, `contactEmail`, `contactPhone`
 */
export function readContact(draft: ContactDraft | null | undefined): Contact | null {
  const fields: Record<string, string> = {}
  const name = textOf(draft?.name)
  const email = textOf(draft?.email)
  const phone = textOf(draft?.phone)

  if (name !== null && (name.length > longestName || unprintable.test(name) || !name.isWellFormed()))
    fields.contactName = `Write the name in one line of at most ${longestName} characters`
  const address = email === null ? null : readAddress(email)
  if (email !== null && address === null)
    fields.contactEmail = 'Write one e-mail address, such as ana@customer.example'
  if (phone !== null && !phoneNumber.test(phone))
    fields.contactPhone = 'Write a phone number of digits, such as +45 33 12 34 56'

  if (Object.keys(fields).length > 0)
    throw new AppError('invalid', Object.values(fields).join('; '), { details: { fields } })
  return name === null && email === null && phone === null ? null : { name, email: address, phone }
}

/**
 * Reads a contact written in one piece: `Ana Lima <ana@customer.example> +45 33 12 34 56`,
 * each part of which may be missing.
 *
 * @throws AppError `invalid`
 */
export function readContactText(text: string): Contact | null {
  const angled = /<([^<>]*)>/.exec(text)
  const bare = angled ? null : /[^\s,;<>"]+@[^\s,;<>"]+/.exec(text)
  const email = angled?.[1] ?? bare?.[0] ?? null
  const rest = text.replace(angled?.[0] ?? bare?.[0] ?? '', ' ').trim()
  const phone = /\+?\d[\d ()./-]{4,}$/.exec(rest)?.[0] ?? null
  const name = rest.slice(0, rest.length - (phone?.length ?? 0)).replace(/^[\s",;]+|[\s",;]+$/g, '')
  return readContact({ name, email, phone })
}

const stored = z.object({
  name: z.string().nullable(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
})

/** A contact from a JSON column; null when there is none. */
export function readStoredContact(value: unknown): Contact | null {
  return stored.safeParse(value).data ?? null
}

/** A contact in one line, for lists and for people. */
export function contactWords({ name, email, phone }: Contact): string {
  return [name, email, phone].filter(part => part !== null).join(', ')
}

function textOf(value: string | null | undefined): string | null {
  const text = value?.trim() ?? ''
  return text === '' ? null : text
}
