import { expect, test } from 'vitest'
import { incidentRoutes } from '../../src/graph/incident-routes.ts'
import { type Api, errorOf, makeWorld, startApi, valuesOf } from '../data/simulated-api.ts'

const roles = ['SecurityIncident.Read.All', 'SecurityIncident.ReadWrite.All']
const path = '/v1.0/security/incidents'
const newer = { prefer: 'include-unknown-enum-members' }

/** Graph over the tenant at a place of the list; 0 is medium, 1 small, 2 large. */
function graph(index = 0): Api {
  const world = makeWorld()
  return startApi(
    incidentRoutes,
    { surface: 'graph', tenantId: world.profiles[index]?.tenantId ?? '', roles },
    world,
  )
}

function local(link: unknown): string {
  return String(link).replace('https://graph.microsoft.com', '')
}

test('a list holds the newest 50 and links to the rest on the cloud’s own origin', async () => {
  const api = graph()

  const answer = await api.get(path)

  const times = valuesOf(answer).map(one => String(one.createdDateTime))
  expect(times).toHaveLength(50)
  expect(times).toEqual(times.toSorted().reverse())
  expect(String(answer.body['@odata.nextLink'])).toMatch(
    /^https:\/\/graph\.microsoft\.com\/v1\.0\/security\/incidents\?/,
  )
})

test('following the next links meets every incident exactly once', async () => {
  const api = graph(2)
  const ids: unknown[] = []
  let link = `${path}?$top=50&$count=true`
  let total = 0

  while (link !== '') {
    const answer = await api.get(link)
    ids.push(...valuesOf(answer).map(one => one.id))
    total = Number(answer.body['@odata.count'])
    link = answer.body['@odata.nextLink'] === undefined ? '' : local(answer.body['@odata.nextLink'])
  }

  expect(total).toBeGreaterThan(200)
  expect(ids).toHaveLength(total)
  expect(new Set(ids).size).toBe(total)
})

test('a top beyond 50 is refused with the empty code', async () => {
  const answer = await graph().get(`${path}?$top=100`)

  expect(answer.status).toBe(400)
  expect(answer.body).toMatchObject({
    error: {
      code: '',
      message:
        "The query specified in the URI is not valid. The limit of '50' for Top query has been exceeded. The value from the incoming request is '100'.",
      details: [],
      innerError: { 'request-id': 'request-1', 'client-request-id': 'request-1' },
    },
  })
})

test('sorted by the last update, a sweep finds what changed since a time', async () => {
  const api = graph()
  const all = valuesOf(await api.get(`${path}?$orderby=lastUpdateDateTime asc`))
  const since = String(all[20]?.lastUpdateDateTime)

  const answer = await api.get(
    `${path}?$orderby=lastUpdateDateTime asc&$filter=lastUpdateDateTime ge ${since}`,
  )

  expect(valuesOf(answer)[0]?.id).toBe(all[20]?.id)
})

test('filters combine as documented and others are refused', async () => {
  const api = graph()

  const high = await api.get(
    `${path}?$filter=severity eq 'high' and (status eq 'active' or status eq 'resolved')`,
  )
  const unassigned = await api.get(`${path}?$filter=assignedTo eq null`)
  const unknown = await api.get(`${path}?$filter=displayName eq 'x'`)
  const typo = await api.get(`${path}?$filtre=severity eq 'high'`)

  expect(valuesOf(high).length).toBeGreaterThan(0)
  expect(valuesOf(high).every(one => one.severity === 'high')).toBe(true)
  expect(valuesOf(unassigned).every(one => one.assignedTo === null)).toBe(true)
  expect(unknown.status).toBe(400)
  expect(errorOf(unknown).code).toBe('BadRequest')
  expect(typo.status).toBe(400)
})

test('enum members added later are hidden unless they are asked for', async () => {
  const api = graph()
  const url = `${path}?$filter=status eq 'awaitingAction'`

  const plain = await api.get(url)
  const asked = await api.get(url, newer)

  expect(valuesOf(plain).length).toBeGreaterThan(0)
  expect(valuesOf(plain).every(one => one.status === 'unknownFutureValue')).toBe(true)
  expect(valuesOf(asked).every(one => one.status === 'awaitingAction')).toBe(true)
})

test('alerts come along when they are expanded, never otherwise', async () => {
  const api = graph()
  const [first] = valuesOf(await api.get(path))

  const plain = await api.get(`${path}/${first?.id}`)
  const expanded = await api.get(`${path}/${first?.id}?$expand=alerts`)

  expect(plain.body).not.toHaveProperty('alerts')
  expect(expanded.body.alerts).toEqual(
    expect.arrayContaining([expect.objectContaining({ incidentId: first?.id, evidence: expect.any(Array) })]),
  )
})

test('merged incidents are listed and point to where they went', async () => {
  const api = graph(2)

  const [merged] = valuesOf(await api.get(`${path}?$filter=status eq 'redirected'`))
  const target = await api.get(`${path}/${merged?.redirectIncidentId}`)

  expect(merged?.redirectIncidentId).toMatch(/^\d+$/)
  expect(target.status).toBe(200)
})

test('a patch changes what it names, moves the last update and stays', async () => {
  const api = graph()
  const [before] = valuesOf(await api.get(`${path}?$filter=status eq 'active'`))

  const answer = await api.send('PATCH', `${path}/${before?.id}`, {
    status: 'resolved',
    assignedTo: 'analyst@partner.example',
    classification: 'TruePositive',
    determination: 'multiStagedAttack',
    customTags: ['partner'],
  })

  const changed = {
    status: 'resolved',
    assignedTo: 'analyst@partner.example',
    classification: 'truePositive',
    determination: 'multiStagedAttack',
    customTags: ['partner'],
    displayName: before?.displayName,
  }
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject(changed)
  const after = await api.get(`${path}/${before?.id}?$expand=alerts`)
  expect(after.body).toMatchObject(changed)
  expect(String(after.body.lastUpdateDateTime) > String(before?.lastUpdateDateTime)).toBe(true)
  expect(after.body.alerts).toEqual(expect.arrayContaining([expect.objectContaining({ status: 'resolved' })]))
})

test('two patches at the same moment still move the last update twice', async () => {
  const api = graph()
  const [one] = valuesOf(await api.get(path))

  const first = await api.send('PATCH', `${path}/${one?.id}`, { status: 'inProgress' })
  const second = await api.send('PATCH', `${path}/${one?.id}`, { status: 'active' })

  expect(second.body.lastUpdateDateTime).not.toBe(first.body.lastUpdateDateTime)
})

test.each([
  [{ status: 'redirected' }],
  [{ status: 'nonsense' }],
  [{ comment: 'not here' }],
  [{ Status: 'resolved' }],
  [{ classification: 'truePositive', determination: 'apt' }],
  [{}],
  [[]],
  ['text'],
])('the patch %j is refused', async body => {
  const api = graph()
  const [one] = valuesOf(await api.get(path))

  const answer = await api.send('PATCH', `${path}/${one?.id}`, body)

  expect(answer.status).toBe(400)
})

test('a comment is added by its own call and shows on the incident', async () => {
  const api = graph()
  const [one] = valuesOf(await api.get(path))

  const answer = await api.send('POST', `${path}/${one?.id}/comments`, {
    '@odata.type': 'microsoft.graph.security.alertComment',
    comment: 'called the owner',
  })

  const comment = { comment: 'called the owner', createdByDisplayName: 'Tenantry' }
  expect(answer.status).toBe(200)
  expect(answer.body.value).toEqual(expect.arrayContaining([expect.objectContaining(comment)]))
  const after = await api.get(`${path}/${one?.id}`)
  expect(after.body.comments).toEqual(expect.arrayContaining([expect.objectContaining(comment)]))
})

test('a comment without its type is refused', async () => {
  const api = graph()
  const [one] = valuesOf(await api.get(path))

  const answer = await api.send('POST', `${path}/${one?.id}/comments`, { comment: 'called the owner' })

  expect([answer.status, errorOf(answer).code]).toEqual([400, 'BadRequest'])
})

test('who may not is told which roles are wanted and which are held', async () => {
  const api = graph().as({ roles: ['User.Read.All'] })

  const answer = await api.get(path)

  expect(answer.status).toBe(403)
  expect(errorOf(answer).message).toBe(
    'Missing application roles. API required roles: SecurityIncident.Read.All,SecurityIncident.ReadWrite.All, application roles: User.Read.All.',
  )
})

test('reading does not allow writing', async () => {
  const api = graph()
  const [one] = valuesOf(await api.get(path))
  const reader = api.as({ roles: ['SecurityIncident.Read.All'] })

  const answer = await reader.send('PATCH', `${path}/${one?.id}`, { status: 'resolved' })

  expect(answer.status).toBe(403)
})

test('a token for another surface, an unknown incident and a tenant without Defender are refused', async () => {
  const api = graph()
  const unlicensed = api.world.profiles[14]?.tenantId ?? ''

  const wrongAudience = await api.as({ surface: 'endpoint' }).get(path)
  const unknown = await api.get(`${path}/999999999`)
  const notProvisioned = await api.as({ tenantId: unlicensed }).get(path)

  expect([wrongAudience.status, errorOf(wrongAudience).code]).toEqual([401, 'InvalidAuthenticationToken'])
  expect([unknown.status, errorOf(unknown).code]).toEqual([404, 'ResourceNotFound'])
  expect(notProvisioned.status).toBe(403)
  expect(errorOf(notProvisioned).message).toBe('Unauthorized request - Account is not provisioned.')
})

test('one tenant’s changes are not another’s', async () => {
  const api = graph()
  const other = api.as({ tenantId: api.world.profiles[3]?.tenantId ?? '' })
  const [one] = valuesOf(await api.get(path))
  const before = await other.get(`${path}?$top=50`)

  await api.send('PATCH', `${path}/${one?.id}`, { status: 'resolved', customTags: ['mine'] })

  expect((await other.get(`${path}?$top=50`)).text).toBe(before.text)
})

test('filter and expansion together never come back on a large tenant', async () => {
  const url = `${path}?$expand=alerts&$filter=severity eq 'high'`

  const large = await graph(2).get(url)
  const small = await graph(1).get(url)

  expect([large.status, errorOf(large).code, errorOf(large).message]).toEqual([500, 'UnknownError', ''])
  expect(small.status).toBe(200)
})

test('a selection leaves the id and what was named', async () => {
  const answer = await graph().get(`${path}?$select=severity,status&$top=1`)

  expect(valuesOf(answer).map(one => Object.keys(one))).toEqual([['id', 'status', 'severity']])
})
