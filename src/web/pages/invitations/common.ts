import { z } from 'zod'

export const section = 'invitations' as const
export const breadcrumbs = [{ href: '/invitations', label: 'Invitations' }]

/** How long a link may be valid, in hours. */
export const lives = [
  { value: 24, label: '1 day' },
  { value: 72, label: '3 days' },
  { value: 168, label: '1 week' },
  { value: 336, label: '2 weeks' },
  { value: 720, label: '30 days' },
  { value: 2160, label: '90 days' },
]

const howLong = 'Choose how long the link is to be valid: at most 90 days'
export const readableHours = z.coerce.number(howLong).int(howLong).min(1, howLong).max(2160, howLong)
