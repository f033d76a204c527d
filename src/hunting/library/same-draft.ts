import type { QueryDraft } from './model.ts'

/** Whether two drafts say the same, so that saving the one over the other is no change. */
export function isSameDraft(
  one: Omit<QueryDraft, 'tactic'> & { tactic: string | null },
  other: QueryDraft,
): boolean {
  return (
    one.name === other.name &&
    one.description === other.description &&
    one.tactic === other.tactic &&
    one.query === other.query &&
    one.techniques.join() === other.techniques.join() &&
    one.tags.join() === other.tags.join()
  )
}
