import { AppError } from '../../../errors.ts'

/** What was looked up; null when it is gone or not to be seen. */
export async function orNull<T>(lookup: Promise<T>): Promise<T | null> {
  try {
    return await lookup
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null
    throw error
  }
}
