import { readOrExplain, Unusable } from './kinds.ts'
import {
  type Setting,
  type SettingName,
  type Settings,
  settingNames,
  settingsTable,
} from './settings-table.ts'
import { findUnknownSettings, isServiceLink } from './unknown-settings.ts'

/** One thing that is wrong with the settings: which, what, and what to do. Never holds a secret's value. */
export type SettingProblem = { setting: string; message: string; remedy: string }

export type ReadSettings = {
  settings: Settings
  /** Whether somebody gave it a value, usable or not. */
  isGiven(name: SettingName): boolean
  problems: SettingProblem[]
  problem(setting: string, message: string, remedy: string): void
}

/**
 * Reads every setting of the table and collects what is wrong instead of
 * stopping at the first.
 *
 * @param readFile a file's text, or throws
 */
export function readSettings(
  environment: Record<string, string | undefined>,
  readFile: (path: string) => string,
): ReadSettings {
  const problems: SettingProblem[] = findUnknownSettings(environment)
  const given = new Set<SettingName>()

  function problem(setting: string, message: string, remedy: string): void {
    problems.push({ setting, message, remedy })
  }

  function textOf(name: string): string | null {
    const value = environment[name]?.trim()
    return value && !isServiceLink(name, value) ? value : null
  }

  /** Runs a step that may refuse; null when it did. */
  function attempt<T>(setting: string, step: () => T): T | null {
    try {
      return step()
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      problem(setting, error.message, error.remedy)
      return null
    }
  }

  /** The text of a setting, and the name under which it was found. */
  function find(
    name: SettingName,
    { isSecret, alias }: Setting<unknown>,
  ): { value: string; name: string } | null {
    const value = textOf(name)
    const path = isSecret ? textOf(`${name}_FILE`) : null
    if (value !== null && path !== null) {
      problem(`${name}_FILE`, `is set beside ${name}`, 'remove one of the two')
      return { value, name }
    }
    if (path !== null) {
      const fileName = `${name}_FILE`
      const kept = attempt(fileName, () => readOrExplain(path, readFile).trim())
      if (kept === '') problem(fileName, `"${path}" is empty`, `write the value of ${name} into it`)
      given.add(name)
      return kept ? { value: kept, name: fileName } : null
    }
    if (value !== null) return { value, name }
    const other = alias === null ? null : textOf(alias)
    return other === null || alias === null ? null : { value: other, name: alias }
  }

  function read(name: SettingName): unknown {
    const setting: Setting<unknown> = settingsTable[name]
    const found = find(name, setting)
    if (found === null) return setting.fallback
    given.add(name)
    return attempt(found.name, () => setting.parse(found.value, readFile)) ?? setting.fallback
  }

  const settings = Object.fromEntries(settingNames.map(name => [name, read(name)])) as Settings
  return { settings, isGiven: name => given.has(name), problems, problem }
}
