import { afterAll, beforeAll, test } from 'vitest'
import { expectAccessible, openBrowser, type TestBrowser } from '../../../test/helpers/browser.ts'
import { consentAddress, givenCustomer, givenSimulator, personWith, signInAddress } from '../world.ts'

let browser: TestBrowser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

test.each([1280, 360])('every page of the simulator is accessible at %i pixels', async width => {
  const simulator = await givenSimulator()
  const customer = givenCustomer(simulator)
  const page = await browser.person({ width })
  async function visit(address: string) {
    await page.goto(new URL(address, simulator.origin).href)
    await expectAccessible(page)
  }
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()

  await visit('/')
  await visit(signInAddress('organizations'))
  await visit(consentAddress('nobody.example'))
  await visit(consentAddress(customer.tenantId))
  await press(`Sign in as ${personWith(customer, 'Global Administrator')}`)
  await expectAccessible(page)
  await visit(consentAddress(customer.tenantId))
  await press(`Sign in as ${personWith(customer)}`)
  await expectAccessible(page)
  await visit(`/${customer.tenantId}/oauth2/v2.0/logout`)
  await press(`Sign out ${personWith(customer)}`)
  await expectAccessible(page)
})
