import { formats } from './formats.ts'

/** A choice of a select. */
export type FormOption = { value: string; label: string }

type TagCount = { value: string; count: number }

/** Tags with how many tenants bear each. */
export function tagOptions(tags: readonly TagCount[]): FormOption[] {
  return tags.map(({ value, count }) => ({ value, label: `${value} (${formats.number(count)})` }))
}

/** All tenants, or those with a tag. */
export function tenantOptions(tags: readonly TagCount[], total: number): FormOption[] {
  return [
    { value: '', label: `All tenants (${formats.number(total)})` },
    ...tagOptions(tags).map(({ value, label }) => ({ value, label: `Tagged ${label}` })),
  ]
}

/** Every IANA time zone that is known here, UTC first. */
export function timeZoneOptions(): FormOption[] {
  const zones = Intl.supportedValuesOf('timeZone').filter(zone => zone !== 'UTC')
  return ['UTC', ...zones].map(zone => ({ value: zone, label: zone }))
}
