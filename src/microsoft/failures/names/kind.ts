import type { Mover } from '../../../errors.ts'

/** What every failure of one name has in common. */
export type FailureKind = {
  /** Repeating the same call cannot help until somebody acts. */
  permanent: boolean
  whoseMove: Mover
  /** What was found, when nothing more exact is known. */
  message: string
  /** What the partner's people do. */
  remedy: string
  /** What the customer's admin does; absent where it is not theirs to act. */
  customer?: string
  /** How it is where a member of staff signs in to the partner's own tenant; absent where that makes no difference. */
  staff?: { whoseMove: Mover; remedy: string }
}
