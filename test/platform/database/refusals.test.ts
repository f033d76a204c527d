import { randomUUID } from 'node:crypto'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { afterAll, expect, inject, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { openDatabase } from '../../../src/platform/database/index.ts'
import { prepareDatabase } from '../../../src/platform/database/migrations/prepare.ts'
import { administer, dropDatabase } from '../../helpers/postgres.ts'
import { freePort, runTenantry } from '../../helpers/process.ts'
import { startTransactionPooler } from '../../helpers/transaction-pooler.ts'
import { makeCertificate } from '../../microsoft/tokens/certificate.ts'

const adminUrl = inject('postgresUrl')
const endings: (() => unknown)[] = []

afterAll(async () => {
  for (const end of endings.reverse()) await end()
})

/** The line that a start with this address would print. */
async function refusalOf(url: string): Promise<string> {
  const error = await prepareDatabase({ url, migrationUrl: null }).then(
    prepared => expect.fail(`${prepared} was accepted`),
    (refused: unknown) => refused,
  )
  expect(error).toBeInstanceOf(AppError)
  const { code, message, remedy } = error as AppError
  expect(code).toBe('settings')
  expect(`${message}${remedy}`).not.toContain('\n')
  expect(`${message}${remedy}`).not.toContain(new URL(adminUrl).password)
  return `${message}. ${remedy}`
}

async function givenDatabase(options = ''): Promise<{ name: string; url: string }> {
  const name = `refused_${randomUUID().replaceAll('-', '')}`
  await administer(adminUrl, `create database "${name}" ${options}`)
  endings.push(() => dropDatabase(adminUrl, name))
  return { name, url: withParts({ pathname: `/${name}` }) }
}

/** A role that may only sign in. */
async function givenRole(): Promise<string> {
  const name = `role_${randomUUID().replaceAll('-', '')}`
  await administer(adminUrl, `create role "${name}" login password 'its-password'`)
  // After the databases in which it was given something.
  endings.unshift(() => administer(adminUrl, `drop role "${name}"`))
  return name
}

function withParts(parts: Partial<URL>): string {
  return Object.assign(new URL(adminUrl), parts).href
}

/** A server that is no PostgreSQL, or stands before one. */
async function givenServer(onSocket: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer(socket => {
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  endings.push(() => server.close())
  const address = server.address()
  return withParts({ port: String(typeof address === 'object' && address ? address.port : 0) })
}

test('a port on which nothing listens', async () => {
  const url = withParts({ port: String(await freePort()) })

  expect(await refusalOf(url)).toMatch(/nothing listens at 127\.0\.0\.1:\d+\. Start PostgreSQL, or correct/)
})

test('a host that is unknown', async () => {
  const line = await refusalOf(withParts({ hostname: 'nowhere.invalid' }))

  expect(line).toMatch(/the host of nowhere\.invalid:\d+ is unknown/)
})

test('a wrong password, and none', async () => {
  expect(await refusalOf(withParts({ password: 'wrong' }))).toMatch(
    /refuses the password of role "tenantry"\. Correct user and password/,
  )
  expect(await refusalOf(withParts({ password: '' }))).toMatch(/DATABASE_URL has none/)
})

test('a database that does not exist', async () => {
  const line = await refusalOf(withParts({ pathname: '/missing' }))

  expect(line).toMatch(/there is no database "missing" at .+ Make it with CREATE DATABASE "missing"/)
})

test('a role without CREATE on the schema, then without CREATE on the database; with both it works', async () => {
  const { name, url } = await givenDatabase()
  const role = await givenRole()
  const asRole = Object.assign(new URL(url), { username: role, password: 'its-password' }).href

  const first = await refusalOf(asRole)
  await administer(url, `grant usage, create on schema public to "${role}"`)
  const second = await refusalOf(asRole)
  await administer(url, `grant create on database "${name}" to "${role}"`)
  const prepared = await prepareDatabase({ url: asRole, migrationUrl: null })

  expect(first).toContain(`role "${role}" may not make tables in schema "public"`)
  expect(first).toContain(`GRANT USAGE, CREATE ON SCHEMA "public" TO "${role}"`)
  expect(second).toContain(`role "${role}" may not make schemas in database "${name}"`)
  expect(second).toContain(`GRANT CREATE ON DATABASE "${name}" TO "${role}"`)
  expect(prepared).toBe(asRole)
})

test('a role that does not own the tables', async () => {
  const { name, url } = await givenDatabase('template tenantry_template')
  const role = await givenRole()
  await administer(url, `grant usage, create on schema public to "${role}"`)
  await administer(url, `grant create on database "${name}" to "${role}"`)

  const line = await refusalOf(Object.assign(new URL(url), { username: role, password: 'its-password' }).href)

  expect(line).toContain(`role "${role}" may not do what is needed in database "${name}": permission denied`)
})

test.each([1, 2, 5])('a pooler in transaction mode with %i sessions', async sessions => {
  const pooler = await startTransactionPooler(adminUrl, sessions)
  endings.push(() => pooler.close())

  expect(await refusalOf(pooler.url)).toMatch(/a pooler in transaction mode, .+ Use the server's own address/)
})

test('a server that is too old', async () => {
  const { hostname, port } = new URL(adminUrl)
  const url = await givenServer(socket => {
    const server = connect(Number(port), hostname)
    server.on('error', () => {}).on('close', () => socket.destroy())
    socket.on('close', () => server.destroy()).pipe(server)
    server.on('data', data => {
      // Six digits like those of version 12.
      const isAnswer = data.includes('server_version_num')
      const text = data.toString('latin1')
      socket.write(isAnswer ? Buffer.from(text.replace(/18\d{4}/, '120022'), 'latin1') : data)
    })
  })

  expect(await refusalOf(url)).toMatch(/its server is PostgreSQL 12\. Upgrade it: .+ 14 or newer/)
})

test('a database that only reads', async () => {
  const { name, url } = await givenDatabase()
  await administer(adminUrl, `alter database "${name}" set default_transaction_read_only = on`)

  expect(await refusalOf(url)).toMatch(/are read-only\. Set default_transaction_read_only to off/)
})

test('a database of another encoding', async () => {
  const { url } = await givenDatabase("encoding 'SQL_ASCII' template template0")

  expect(await refusalOf(url)).toMatch(/is encoded as SQL_ASCII, .+ ENCODING 'UTF8'/)
})

test('a database without room for another connection', async () => {
  const { name, url } = await givenDatabase()
  const role = await givenRole()
  await administer(adminUrl, `alter database "${name}" connection limit 0`)

  const line = await refusalOf(Object.assign(new URL(url), { username: role, password: 'its-password' }).href)

  expect(line).toMatch(/has no connection left\. End other programs/)
})

test('a server that is none', async () => {
  const url = await givenServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))

  expect(await refusalOf(url)).toMatch(/broke the connection off\. Check that it is PostgreSQL/)
})

test('a server without TLS, asked for it', async () => {
  const line = await refusalOf(withParts({ search: '?sslmode=require' }))

  expect(line).toMatch(/does not offer TLS\. Turn it on there/)
})

test('a server whose certificate nobody knows', async () => {
  const { keyPem, certificatePem } = makeCertificate()
  const url = await givenServer(socket =>
    socket.once('data', () => {
      socket.write('S')
      new TLSSocket(socket, { isServer: true, key: keyPem, cert: certificatePem }).on('error', () => {})
    }),
  )

  const line = await refusalOf(`${url}?sslmode=require`)

  expect(line).toMatch(/the certificate of .+ was issued by nobody this machine knows\. Add sslrootcert=/)
})

test('a file of a certificate that is not there', async () => {
  const line = await refusalOf(withParts({ search: '?sslrootcert=/nowhere/ca.pem' }))

  expect(line).toMatch(/DATABASE_URL cannot be used: ENOENT.+\/nowhere\/ca\.pem/)
})

test('a name of a schema that cannot be used', async () => {
  expect(await refusalOf(withParts({ search: '?schema=my%20schema' }))).toContain(
    'has a name that cannot be used',
  )
})

test('the server and the command line print one line and end with 1', async () => {
  const settings = { DATABASE_URL: withParts({ password: 'wrong' }) }
  const commands = [runTenantry(settings), runTenantry(settings, 'src/cli/main.ts', ['tenants'])]

  for (const command of commands) {
    expect(await command.ended).toBe(1)
    expect(command.output().trim().split('\n')).toHaveLength(1)
    expect(command.output()).toMatch(
      /the database cannot be used: .+ refuses the password of role "tenantry"\. /,
    )
  }
})

test.each(['by its address', "by the role's settings"])(
  'a schema of its own, named %s, holds everything',
  async how => {
    const { name, url } = await givenDatabase()
    const other = 'customer_console'
    if (how === "by the role's settings") {
      await administer(url, `create schema ${other}`)
      await administer(adminUrl, `alter database "${name}" set search_path = ${other}`)
    }

    const prepared = await prepareDatabase({
      url: how === 'by its address' ? `${url}?schema=${other}` : url,
      migrationUrl: null,
    })
    const again = await prepareDatabase({ url: prepared, migrationUrl: null })
    const db = openDatabase(prepared, 2)
    await db.setting.create({ data: { key: 'kept', value: 1 } })
    const tables = await db.$queryRaw<{ schema: string }[]>`
    SELECT DISTINCT table_schema::text AS schema FROM information_schema.tables
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`
    const raw = await db.$queryRaw`SELECT key FROM "Setting"`
    await db.$disconnect()

    expect(again).toBe(prepared)
    expect(tables).toEqual([{ schema: other }])
    expect(raw).toEqual([{ key: 'kept' }])
  },
)

test('an installation whose tables are in public stays there, whatever the search path says', async () => {
  const { name, url } = await givenDatabase('template tenantry_template')
  await administer(url, 'create schema elsewhere')
  await administer(adminUrl, `alter database "${name}" set search_path = elsewhere`)

  expect(await prepareDatabase({ url, migrationUrl: null })).toBe(url)
})
