import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IncidentReport } from '../../simulator/src/control/incidents.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { expectGoodAtEveryWidth, openBrowser, signIn, type TestBrowser } from '../helpers/browser.ts'
import { customersOf } from '../helpers/customers.ts'
import { synced } from '../helpers/synced.ts'

let running: RunningApp
let browser: TestBrowser
let tenantIds: string[]
let page: Page
/** Somebody else, whose default view and columns are theirs. */
let other: Page

beforeAll(async () => {
  ;[running, browser] = await Promise.all([startApp({ syncIncidents: true }), openBrowser()])
  const customers = customersOf(running)
  tenantIds = []
  for (let count = 0; count < 2; count++)
    tenantIds.push((await customers.connected(undefined, 'medium')).tenantId)
  await Promise.all(tenantIds.map(tenantId => synced(running, tenantId)))
  page = await browser.person()
  await signIn(page, running.url)
  other = await browser.person({ width: 390 })
  await signIn(other, running.url, 'analyst@partner.example')
})

afterAll(async () => {
  await browser?.close()
  await running?.close()
})

const rows = (of = page): Locator => of.locator('[data-row]')
const panel = (): Locator => page.locator('.side-panel')

async function openQueue(query: string): Promise<void> {
  await page.goto(`${running.url}/incidents?${query}`)
  await rows().first().waitFor()
}

/** What the simulated Microsoft says of an incident. */
function truth(id: string): IncidentReport {
  const [tenantId = '', incidentId] = id.split(':')
  const found = running.simulator.control.incidents(tenantId).find(one => one.id === incidentId)
  if (!found) throw new Error(`Microsoft knows no incident ${id}`)
  return found
}

/** Presses Tab until what is wanted has the focus. */
async function tabTo(wanted: Locator): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    if (await wanted.evaluate(element => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error('Tab does not lead there')
}

/** Somebody in the customer's portal is quicker. */
function changedInPortal(id: string): void {
  const [tenantId = '', incidentId = ''] = id.split(':')
  running.simulator.control.changeIncident(tenantId, incidentId, { assignedTo: 'soc@customer.example' })
}

test('a triage shift by keyboard: filter, open, pivot, assign, resolve, conflict, many at once', async () => {
  await openQueue('status=active&assignedTo=none')
  const title = (await rows().first().locator('th').textContent())?.trim() ?? ''
  await page.keyboard.press('/')
  await page.keyboard.type(title.split(' ')[0] ?? '')
  await page.keyboard.press('Enter')
  await page.waitForURL(/search=/)
  await page.keyboard.press('j')
  const id = (await rows().first().getAttribute('data-row')) ?? ''
  await page.keyboard.press('Enter')
  await panel().getByRole('heading', { level: 2 }).waitFor()
  expect(page.url()).toContain(encodeURIComponent(id))

  await tabTo(panel().locator('.evidence__act').first())
  await page.keyboard.press('Enter')
  await page.waitForURL(/entity=/)
  expect(await rows().count()).toBeGreaterThan(0)
  await page.goBack()
  await page.goBack()
  await rows().first().waitFor()
  // The list is loaded again; its keys work once its scripts have run.
  await page.waitForLoadState('domcontentloaded')

  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await panel().getByRole('button', { name: 'Assign to me' }).waitFor()
  await page.keyboard.press('a')
  await panel().getByText('Saved at Microsoft.').waitFor()
  expect(truth(id).assignedTo).toBe('admin@partner.example')

  changedInPortal(id)
  await panel().locator('.incident__head a').first().focus()
  await page.keyboard.press('e')
  await page.keyboard.type('phishing')
  await tabTo(panel().getByRole('button', { name: 'Save', exact: true }))
  await page.keyboard.press('Enter')
  await panel().getByText('Changed at Microsoft since you opened it.').waitFor()
  expect(truth(id).status).toBe('active')
  await tabTo(panel().getByRole('button', { name: 'Write mine over it' }))
  await page.keyboard.press('Enter')
  await panel().getByText('Saved at Microsoft.').waitFor()
  expect(truth(id)).toMatchObject({
    status: 'resolved',
    classification: 'truePositive',
    determination: 'phishing',
  })
  await page.keyboard.press('Escape')
  await panel().waitFor({ state: 'hidden' })

  await manyAtOnce(async chosen => {
    for (let row = 0; row < (await rows().count()); row++) {
      await page.keyboard.press('j')
      if (chosen.includes(row)) await page.keyboard.press('x')
    }
    await page.keyboard.press('s')
    await page.keyboard.type('In progress')
    await tabTo(page.getByRole('button', { name: 'Apply' }).first())
    await page.keyboard.press('Enter')
  })
})

test('the same shift with the mouse', async () => {
  await openQueue('status=active&assignedTo=none')
  await page
    .getByRole('navigation', { name: 'Views and filters' })
    .getByRole('link', { name: /^Medium/ })
    .click()
  await page.waitForURL(/severity=medium/)
  const id = (await rows().first().getAttribute('data-row')) ?? ''
  await rows().first().locator('a[data-panel]').click()
  await panel().getByRole('button', { name: 'Assign to me' }).click()
  await panel().getByText('Saved at Microsoft.').waitFor()
  expect(truth(id).assignedTo).toBe('admin@partner.example')

  changedInPortal(id)
  await panel().getByLabel('Status').selectOption('resolved')
  await panel().getByLabel('Classification').selectOption('falsePositive/notMalicious')
  await panel().getByRole('button', { name: 'Save', exact: true }).click()
  await panel().getByText('Changed at Microsoft since you opened it.').waitFor()
  await expectGoodAtEveryWidth(page)
  await panel().getByRole('button', { name: 'Write mine over it' }).click()
  await panel().getByText('Saved at Microsoft.').waitFor()
  expect(truth(id)).toMatchObject({ status: 'resolved', classification: 'falsePositive' })

  await panel().locator('.evidence__act').first().click()
  await page.waitForURL(/entity=/)
  await rows().first().waitFor()

  await manyAtOnce(async chosen => {
    for (const row of chosen) await rows().nth(row).getByRole('checkbox').check()
    await page.locator('#bulk-status').selectOption('inProgress')
    await page.getByRole('button', { name: 'Apply' }).first().click()
  })
})

/** Chooses an incident of each tenant, sees each changed, and undoes it. */
async function manyAtOnce(change: (rows: number[]) => Promise<void>): Promise<void> {
  await openQueue('status=active')
  const ids = await rows().evaluateAll(all => all.map(row => row.getAttribute('data-row') ?? ''))
  const chosen = tenantIds.map(tenantId => ids.findIndex(id => id.startsWith(tenantId))).sort((a, b) => a - b)
  expect(chosen.every(row => row >= 0)).toBe(true)
  await change(chosen)

  await page.getByText('2 incidents changed at Microsoft.').waitFor()
  const changed = chosen.map(row => ids[row] ?? '')
  expect(changed.map(id => truth(id).status)).toEqual(['inProgress', 'inProgress'])
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('heading', { name: 'Undone' }).waitFor()
  expect(changed.map(id => truth(id).status)).toEqual(['active', 'active'])
}

test('columns are chosen and moved by keyboard, and a view keeps them under its name', async () => {
  await openQueue('severity=high')
  await page.getByRole('button', { name: 'Columns' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Columns' })
  await dialog.getByRole('checkbox', { name: 'Tenant' }).press('Space')
  await dialog.getByRole('checkbox', { name: 'Tags' }).press('Space')
  const up = dialog.getByRole('button', { name: 'Move Last activity up' })
  await up.press('Enter')
  await up.press('Enter')
  expect(await up.evaluate(button => button === document.activeElement)).toBe(true)
  expect(await dialog.getByRole('status').textContent()).toBe('Last activity: 5 of 12')
  await expectGoodAtEveryWidth(page)
  await dialog.getByRole('button', { name: 'Apply' }).press('Enter')
  await page.waitForURL(/columns=/)
  const heads = await page.locator('[data-queue-table] thead th').allTextContents()
  expect(heads.map(text => text.trim())).toEqual([
    'Severity',
    'Incident',
    'Status',
    'Assigned to',
    'Product',
    'Activity',
    'Alerts',
    'Created',
    'Tags',
  ])

  await page.getByRole('button', { name: 'Save view' }).first().click()
  const saving = page.getByRole('dialog', { name: 'Save view' })
  await saving.getByLabel('Name', { exact: true }).fill('High, without tenant')
  await saving.getByLabel('Share with all staff').check()
  await expectGoodAtEveryWidth(page)
  await saving.getByRole('button', { name: 'Save view' }).click()
  await page.getByText('The view “High, without tenant” is saved.').waitFor()
  await expectGoodAtEveryWidth(page)
})

test('a shared view opens on a phone, becomes the default there, and its owner deletes it', async () => {
  await other.goto(`${running.url}/incidents`)
  await other.getByRole('button', { name: 'Views and filters' }).click()
  await other.getByRole('link', { name: 'High, without tenant' }).click()
  await other.waitForURL(/severity=high/)
  expect(await rows(other).first().locator('[data-column="tenant"]').count()).toBe(0)
  await other.goto(`${running.url}/incidents/views`)
  await other.getByRole('button', { name: 'Make default' }).click()
  await other.getByText('The queue opens with this view.').waitFor()
  await other.goto(`${running.url}/incidents`)
  expect(other.url()).toContain('severity=high')

  await page.goto(`${running.url}/incidents/views`)
  await expectGoodAtEveryWidth(page)
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Delete the view' }).click()
  await page.getByText('The view is deleted.').waitFor()
  await other.goto(`${running.url}/incidents`)
  expect(other.url()).not.toContain('severity=high')
})
