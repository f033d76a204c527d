/** What the parent asks of a child. `limitMs`: after so long the child ends the task itself. */
export type ToChild = { id: number; task: unknown; limitMs: number }

export type FromChild =
  | { kind: 'ready' }
  | { id: number; kind: 'started' }
  | { id: number; kind: 'note'; note: unknown }
  | { id: number; kind: 'done'; result: unknown }
  | { id: number; kind: 'failed'; message: string }
  | { id: number; kind: 'timeout' }
