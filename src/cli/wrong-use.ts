import { InvalidArgumentError } from 'commander'

/** Reads an option's value. @throws InvalidArgumentError, which ends the command with exit code 2 */
export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

/** Gathers `name=value`, given once for each. @throws InvalidArgumentError, which ends the command with exit code 2 */
export function namedValue(text: string, before: Record<string, string>): Record<string, string> {
  const [, name, value] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('Write it as name=value.')
  }
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`"${name}" is given twice.`)
  return { ...before, [name]: value }
}
