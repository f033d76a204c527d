import { AppError } from '../errors.ts'

/**
 * Tags as they are kept: trimmed, lower case, sorted, each once.
 *
 * @throws AppError `invalid` for more than 50 tags, or one that is not 1–50 letters, digits, spaces or `._:/-`
 */
export function readTags(tags: readonly string[]): string[] {
  const clean = [
    ...new Set(tags.map(tag => tag.normalize('NFC').trim().toLowerCase()).filter(tag => tag !== '')),
  ]
  const odd = clean.find(tag => !/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._:/-]{0,49}$/u.test(tag))
  if (odd !== undefined) {
    throw new AppError('invalid', `"${odd.toWellFormed().slice(0, 60)}" cannot be a tag`, {
      remedy:
        'A tag has 1 to 50 letters, digits, spaces or any of . _ : / - and begins with a letter or digit.',
    })
  }
  if (clean.length > 50) throw new AppError('invalid', 'a tenant has at most 50 tags')
  return clean.sort()
}
