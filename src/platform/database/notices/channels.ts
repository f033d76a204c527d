/** A connection of `pg`, or Prisma's client or transaction. */
type Client =
  | { query(query: { name: string; text: string; values: string[] }): Promise<unknown> }
  | { $executeRawUnsafe(text: string, ...values: string[]): Promise<unknown> }

/** A database may hold an installation in each schema, see `nameInDatabase`. */
const text = `
  SELECT pg_notify($1 || CASE WHEN current_schema() = 'public' THEN '' ELSE '_' || current_schema() END, $2)`

/**
 * Sends a notice to whoever listens by `createListener`; within a transaction
 * it goes out when that commits.
 *
 * @param payload up to 8,000 bytes
 * @see PostgreSQL documentation, "NOTIFY"
 */
export async function notifyChannel(client: Client, channel: string, payload: string): Promise<void> {
  if ('query' in client) await client.query({ name: 'notify-channel', text, values: [channel, payload] })
  else await client.$executeRawUnsafe(text, channel, payload)
}
