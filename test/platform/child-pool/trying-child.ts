import { serveTasks } from '../../../src/platform/child-pool/serve-tasks.ts'

/** A program for child-pool.test.ts that does what it is told. */
serveTasks((task, note) => {
  const { does, value } = task as { does: string; value?: unknown }
  if (does === 'answer') return value
  if (does === 'environment') return Object.keys(process.env)
  if (does === 'throw') throw new Error('it did not work')
  if (does === 'end') process.exit(3)
  note('begun')
  const held: unknown[] = []
  for (;;) if (does === 'hold memory') held.push({ a: new Array(1000).fill(Math.random()) })
})
