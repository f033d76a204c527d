import { setTimeout as sleep } from 'node:timers/promises'
import { demoRegistration } from '../../simulator/src/registration.ts'
import { freePort, runTenantry, type TenantryProcess } from '../helpers/process.ts'

/** A process of the fleet; whoever ends it says so, every other end is a fault of ours. */
export type Member = {
  role: 'web' | 'worker'
  url: string
  process: TenantryProcess
  isEnded: boolean
}

export type Fleet = {
  members: Member[]
  /** Ends a member by that signal and starts another in its place. */
  replace(member: Member, signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Ends that nobody asked for, with the last lines that were written. */
  unasked: string[]
  /** A key for the JSON API. */
  key: string
  stop(): Promise<void>
}

/** Two web and two worker processes on one database, towards a simulator that stands for Microsoft. */
export async function startFleet(
  { url: databaseUrl, adminUrl }: { url: string; adminUrl: string },
  simulatorOrigin: string,
  dataDir: string,
): Promise<Fleet> {
  const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const unasked: string[] = []
  const settings = {
    DATABASE_URL: databaseUrl,
    TENANTRY_MIGRATION_DATABASE_URL: adminUrl,
    TENANTRY_SECRET_KEY: Buffer.alloc(32, 9).toString('base64'),
    TENANTRY_DATA_DIR: dataDir,
    TENANTRY_CLOUD: 'global',
    TENANTRY_CLIENT_ID: demoRegistration.clientId,
    TENANTRY_CLIENT_SECRET: demoRegistration.clientSecret,
    TENANTRY_PARTNER_TENANT_ID: demoRegistration.partnerTenantId,
    TENANTRY_PARTNER_NAME: demoRegistration.partnerName,
    TENANTRY_HUNTING_SHARE: '1',
    TENANTRY_ACCESS_LOG: 'off',
    ...Object.fromEntries(
      ['LOGIN', 'GRAPH', 'DEFENDER', 'ENDPOINT'].map(name => [`TENANTRY_${name}_URL`, simulatorOrigin]),
    ),
  }

  async function start(role: Member['role'], port: number): Promise<Member> {
    const url = `http://localhost:${port}`
    const process = runTenantry({ ...settings, PORT: String(port), TENANTRY_ROLE: role })
    const member: Member = { role, url, process, isEnded: false }
    void process.ended.then(code => {
      if (!member.isEnded) unasked.push(`${role} ended with ${code}:\n${process.output().slice(-2000)}`)
    })
    // A start in the middle of an outage is refused and tried again by whoever supervises; here it waits.
    await process.wrote('Tenantry is ready at')
    return member
  }

  const members: Member[] = []
  for (const [index, port] of ports.entries()) members.push(await start(index < 2 ? 'web' : 'worker', port))
  const made = runTenantry(settings, 'src/cli/main.ts', [
    'api-key',
    'create',
    '--name',
    'faults',
    '--role',
    'admin',
  ])
  await made.ended

  return {
    members,
    unasked,
    key: made.standardOutput().trim().split('\n').at(-1) ?? '',
    async replace(member, signal) {
      member.isEnded = true
      member.process.signal(signal)
      await member.process.ended
      const port = Number(new URL(member.url).port)
      members[members.indexOf(member)] = await start(member.role, port)
    },
    async stop() {
      for (const member of members) {
        member.isEnded = true
        member.process.signal('SIGTERM')
      }
      await Promise.race([Promise.all(members.map(({ process }) => process.ended)), sleep(20_000)])
      for (const { process } of members) process.signal('SIGKILL')
    },
  }
}

/** Freezes a member for a while, as a machine that swaps or a container that is paused. */
export async function freeze({ process }: Member, ms: number): Promise<void> {
  process.signal('SIGSTOP')
  await sleep(ms)
  process.signal('SIGCONT')
}
