import type { License } from '../../world.ts'
import type { StoryBuilder } from './builder.ts'

/** A kind of attack (or of false alarm): what it needs and what happens in it. */
export type Story = {
  id: string
  /** licenses without which nobody would see it */
  needs: License[]
  /** false when a look shows that nothing bad happened */
  isMalicious: boolean
  tell(builder: StoryBuilder): StoryTitle
}

type StoryTitle = { name: string; description?: string; systemTags?: string[]; customTags?: string[] }
