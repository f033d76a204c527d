/** Milliseconds until a page is sent without what takes long, and until the part that waits for it is. */
export const timeLimitMs = { page: 3_000, part: 20_000 }
