import { AppError } from '../errors.ts'

/**
 * A customer's name as it is kept and shown.
 *
 * @throws AppError `invalid` when nothing readable is left or it is longer than 200 characters
 */
export function readCustomerName(text: string): string {
  // Control and formatting characters could disguise one customer as another.
  const name = text
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}\ufffd]+/gu, ' ')
    .trim()
  if (name === '') throw new AppError('invalid', 'the customer needs a name')
  if (name.length > 200) throw new AppError('invalid', 'a customer’s name has at most 200 characters')
  return name
}

/** The same customer however its name was typed. */
export function customerNameKey(name: string): string {
  return name.normalize('NFKC').toLocaleLowerCase('en').replace(/\s+/gu, ' ').trim()
}
