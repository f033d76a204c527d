import { InvalidArgumentError } from 'commander'

/** Reads an option's value. @throws InvalidArgumentError, which ends the command with exit code 2 */
export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}
