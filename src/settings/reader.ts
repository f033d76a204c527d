/** One thing that is wrong with the settings: which, what, and what to do. Never holds a secret's value. */
export type SettingProblem = { setting: string; message: string; remedy: string }

/** Reads settings one by one and collects what is wrong instead of stopping at the first. */
export type SettingsReader = {
  problems: SettingProblem[]
  problem(setting: string, message: string, remedy: string): void
  /** Trimmed text; null when unset or empty. */
  text(setting: string): string | null
  integer(setting: string, fallback: number, range: { min: number; max: number }): number
  number(setting: string, fallback: number, range: { min: number; max: number }): number
  oneOf<const T extends string>(setting: string, allowed: readonly T[], fallback: T): T
  guid(setting: string): string | null
  /** An origin (scheme, host, port), https or loopback http. */
  origin(setting: string): string | null
}

const guidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function createSettingsReader(environment: Record<string, string | undefined>): SettingsReader {
  const problems: SettingProblem[] = []

  function problem(setting: string, message: string, remedy: string): void {
    problems.push({ setting, message, remedy })
  }

  function text(setting: string): string | null {
    return environment[setting]?.trim() || null
  }

  function number(setting: string, fallback: number, { min, max }: { min: number; max: number }): number {
    const value = text(setting)
    if (value === null) return fallback
    const parsed = Number(value)
    if (Number.isFinite(parsed) && parsed >= min && parsed <= max) return parsed
    problem(
      setting,
      `"${value}" is not a number from ${min} to ${max}`,
      `set it to such a number, or leave it out for ${fallback}`,
    )
    return fallback
  }

  return {
    problems,
    problem,
    text,
    number,
    integer(setting, fallback, range) {
      const parsed = number(setting, fallback, range)
      if (Number.isInteger(parsed)) return parsed
      problem(
        setting,
        `"${text(setting)}" is not a whole number`,
        `set it to a whole number from ${range.min} to ${range.max}`,
      )
      return fallback
    },
    oneOf(setting, allowed, fallback) {
      const value = text(setting)
      if (value === null) return fallback
      const found = allowed.find(candidate => candidate === value)
      if (found !== undefined) return found
      problem(setting, `"${value}" is not known`, `use one of ${allowed.join(', ')}`)
      return fallback
    },
    guid(setting) {
      const value = text(setting)
      if (value === null || guidPattern.test(value)) return value?.toLowerCase() ?? null
      problem(setting, 'is not a GUID', "copy the id from the app registration's overview page")
      return null
    },
    origin(setting) {
      const value = text(setting)
      if (value === null) return null
      const url = URL.parse(value)
      if (!url || !['http:', 'https:'].includes(url.protocol)) {
        problem(
          setting,
          `"${value}" is not a web address`,
          'set it to an address such as https://tenantry.partner.example',
        )
        return null
      }
      if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
        problem(
          setting,
          `"${value}" is plain http`,
          'use https; plain http is accepted for loopback addresses only',
        )
      }
      if (url.pathname !== '/' || url.search || url.hash || url.username) {
        problem(setting, `"${value}" is more than an origin`, `use scheme, host and port only: ${url.origin}`)
      }
      return url.origin
    },
  }
}

/** Whether a host name means this machine and nothing else. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
