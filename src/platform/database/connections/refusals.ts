import pg from 'pg'
import { AppError } from '../../../errors.ts'
import { withCheckedTls } from './connections.ts'

/** Where a connection string leads to, as messages may name it. */
export type DatabasePlace = { server: string; database: string; user: string }

/** @throws AppError `settings` when a file that the connection string names cannot be read */
export function placeOf(connectionString: string): DatabasePlace {
  try {
    const { host, port, database, user } = new pg.Client({
      connectionString: withCheckedTls(connectionString),
    })
    return {
      server: host.startsWith('/') ? host : `${host}:${port}`,
      database: database ?? '',
      user: user ?? '',
    }
  } catch (error) {
    throw refuse(
      `DATABASE_URL cannot be used: ${messageOf(error)}`,
      'Correct it or the file it names.',
      error,
    )
  }
}

type Explanation = (place: DatabasePlace, error: Error) => { cause: string; remedy: string }

/** By Node's and OpenSSL's codes, and by PostgreSQL's (documentation, "PostgreSQL Error Codes"). */
const explanations: Record<string, Explanation> = {
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  ECONNREFUSED: ({ server }) => ({
    cause: `nothing listens at ${server}`,
    remedy: 'Start PostgreSQL, or correct host and port in DATABASE_URL.',
  }),
  ETIMEDOUT: noAnswer,
  EHOSTUNREACH: noAnswer,
  ENETUNREACH: noAnswer,
  ENOENT: ({ server }) => ({
    cause: `there is no socket at ${server}`,
    remedy: 'Start PostgreSQL, or correct the folder of its socket in DATABASE_URL.',
  }),
  ECONNRESET: notPostgres,
  '28P01': ({ user, server }) => ({
    cause: `${server} refuses the password of role "${user}"`,
    remedy:
      'Correct user and password in DATABASE_URL; write @ : / ? # % in them as %40 %3A %2F %3F %23 %25.',
  }),
  '28000': ({ server }, error) => ({
    cause: `${server} refuses the connection: ${error.message}`,
    remedy: /no encryption/.test(error.message)
      ? 'Add sslmode=require to DATABASE_URL, or allow connections without TLS in pg_hba.conf.'
      : 'Correct the user in DATABASE_URL, or let it in with a line in pg_hba.conf.',
  }),
  '3D000': ({ database, server }) => ({
    cause: `there is no database "${database}" at ${server}`,
    remedy: `Make it with CREATE DATABASE ${pg.escapeIdentifier(database)}, or correct its name in DATABASE_URL.`,
  }),
  '42501': ({ user, database }, error) => ({
    cause: `role "${user}" may not do what is needed in database "${database}": ${error.message}`,
    remedy: 'Use the role that owns the tables, or grant the right to this one.',
  }),
  '53300': ({ server }) => ({
    cause: `${server} has no connection left`,
    remedy: 'End other programs that hold some, or raise max_connections.',
  }),
  '55000': ({ database }) => ({
    cause: `database "${database}" accepts no connections`,
    remedy:
      'Allow them with ALTER DATABASE … ALLOW_CONNECTIONS true, or name another database in DATABASE_URL.',
  }),
  '57P03': ({ server }, error) => ({
    cause: `${server} is not ready: ${error.message}`,
    remedy: 'Start again when it has started.',
  }),
  ERR_TLS_CERT_ALTNAME_INVALID: ({ server }, error) => ({
    cause: `the certificate of ${server} is made for another name: ${error.message}`,
    remedy: 'Use the name of the certificate as host in DATABASE_URL.',
  }),
  CERT_HAS_EXPIRED: ({ server }) => ({
    cause: `the certificate of ${server} has expired`,
    remedy: 'Renew it on the server.',
  }),
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
}

/** What pg says without a code. */
const messages: [RegExp, Explanation][] = [
  [/timeout/i, noAnswer],
  [/Connection terminated unexpectedly|invalid response|unrecognized/i, notPostgres],
  [
    /does not support SSL/i,
    ({ server }) => ({
      cause: `${server} does not offer TLS`,
      remedy:
        'Turn it on there, or remove sslmode from DATABASE_URL and set TENANTRY_DATABASE_TLS=optional if the way to it is safe.',
    }),
  ],
  [
    /password must be a (non-empty )?string/i,
    ({ user, server }) => ({
      cause: `${server} asks for a password of role "${user}", and DATABASE_URL has none`,
      remedy: 'Write it into DATABASE_URL as postgresql://user:password@host/database.',
    }),
  ],
]

/** One line with cause and remedy for whatever kept a connection from being made, or its first statements from working. */
export function explainDatabase(error: unknown, place: DatabasePlace): AppError {
  if (error instanceof AppError) return error
  const known = error instanceof Error ? error : new Error(String(error))
  const code = 'code' in known ? String(known.code) : ''
  const explain =
    explanations[code] ?? messages.find(([pattern]) => pattern.test(known.message))?.[1] ?? unexpected
  const { cause, remedy } = explain(place, known)
  return refuse(cause, remedy, error)
}

export function refuse(cause: string, remedy: string, error?: unknown): AppError {
  const oneLine = cause.replaceAll(/\s*\n\s*/g, ' ')
  return new AppError('settings', `the database cannot be used: ${oneLine}`, { remedy, cause: error })
}

function unknownHost({ server }: DatabasePlace): ReturnType<Explanation> {
  return { cause: `the host of ${server} is unknown`, remedy: 'Correct the host in DATABASE_URL.' }
}

function noAnswer({ server }: DatabasePlace): ReturnType<Explanation> {
  return {
    cause: `${server} does not answer`,
    remedy: 'Check host and port in DATABASE_URL, and firewalls on the way.',
  }
}

function notPostgres({ server }: DatabasePlace): ReturnType<Explanation> {
  return {
    cause: `what listens at ${server} broke the connection off`,
    remedy:
      'Check that it is PostgreSQL and not, for instance, a web server, and whether it asks for sslmode=require.',
  }
}

function unknownIssuer({ server }: DatabasePlace): ReturnType<Explanation> {
  return {
    cause: `the certificate of ${server} was issued by nobody this machine knows`,
    remedy: 'Add sslrootcert=/path/to/ca.pem to DATABASE_URL, or name the file in NODE_EXTRA_CA_CERTS.',
  }
}

function unexpected({ server }: DatabasePlace, error: Error): ReturnType<Explanation> {
  const code = 'code' in error && error.code ? ` (${error.code})` : ''
  return {
    cause: `${server} answered: ${messageOf(error)}${code}`,
    remedy: 'Correct DATABASE_URL or the server.',
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
