import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startSimulator } from '../../simulator/src/index.ts'
import type { Finding } from '../../src/doctor/check.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { runTenantry } from '../helpers/process.ts'
import { startConnectProxy, startTlsServer } from '../helpers/proxy.ts'

const hosts = {
  TENANTRY_LOGIN_URL: 'login.partner.example',
  TENANTRY_GRAPH_URL: 'graph.partner.example',
  TENANTRY_DEFENDER_URL: 'defender.partner.example',
  TENANTRY_ENDPOINT_URL: 'endpoint.partner.example',
}

/** A machine whose names lead nowhere: only a proxy with its own authority leads to Microsoft, here the simulator. */
async function givenProxyOnly() {
  const publicUrl = 'http://localhost:3000'
  const simulator = await startSimulator({ port: 0, tenants: 3, publicUrl })
  const front = await startTlsServer(Object.values(hosts), (asked, answer) => {
    const onward = request(
      simulator.origin + asked.url,
      { method: asked.method, headers: asked.headers },
      back => {
        answer.writeHead(back.statusCode ?? 502, back.headers)
        back.pipe(answer)
      },
    )
    asked.pipe(onward)
  })
  const proxy = await startConnectProxy(front.port)
  const database = await createTestDatabase()
  onTestFinished(async () => {
    await proxy.close()
    await front.close()
    await simulator.close()
    await database.drop()
  })

  const authority = join(await temporaryFolder(), 'authority.pem')
  await writeFile(authority, front.certificatePem)
  const settings = {
    ...Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, `https://${host}`])),
    TENANTRY_DATA_DIR: await temporaryFolder(),
    DATABASE_URL: database.url,
    TENANTRY_MIGRATION_DATABASE_URL: database.adminUrl,
    TENANTRY_PUBLIC_URL: publicUrl,
    TENANTRY_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    TENANTRY_SIMULATOR_PORT: new URL(simulator.origin).port,
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: authority,
  }
  return { settings, proxy }
}

async function doctor(settings: Record<string, string>): Promise<Finding[]> {
  const run = runTenantry(settings, 'src/cli/main.ts', ['doctor', '--json'])
  await run.ended
  return JSON.parse(run.standardOutput()) as Finding[]
}

test('with a proxy as the only way out everything works, and the doctor says which way it takes', async () => {
  const { settings, proxy } = await givenProxyOnly()

  const findings = await doctor(settings)

  const { host } = new URL(proxy.url)
  expect(findings.find(({ check }) => check === 'way out')?.message).toBe(
    `${Object.values(hosts).join(', ')} through the proxy ${host} of HTTPS_PROXY; NODE_EXTRA_CA_CERTS adds 1 trusted authority`,
  )
  expect(findings.filter(({ outcome }) => outcome !== 'ok').map(({ check }) => check)).toEqual([
    // Nobody has signed in yet, and no server runs.
    'public address',
    'directory roles in ID tokens',
  ])
  expect(new Set(proxy.targets)).toEqual(new Set(Object.values(hosts).map(name => `${name}:443`)))
})

test('a proxy that refuses is named by the doctor, with what to do', async () => {
  const { settings, proxy } = await givenProxyOnly()
  proxy.refuse(407)

  const findings = await doctor(settings)

  expect(findings.find(({ check }) => check === 'login host')).toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining('refused a connection to login.partner.example:443 (407)'),
    remedy: expect.stringContaining('HTTPS_PROXY'),
  })
})
