import { expect, test } from 'vitest'
import { Browser } from '../browser.ts'
import { analyst, givenSimulator, partnerTenantId, publicUrl, signInAddress } from '../world.ts'

test('signing out goes back only to a registered address', async () => {
  const simulator = await givenSimulator()
  const address = (back: string) =>
    `/${partnerTenantId}/oauth2/v2.0/logout?post_logout_redirect_uri=${encodeURIComponent(back)}`

  const registered = await new Browser(simulator.origin).open(address(`${publicUrl}/auth/callback`))
  const foreign = await new Browser(simulator.origin).open(address(`${publicUrl}/sign-in`))

  expect(registered.location?.href).toBe(`${publicUrl}/auth/callback`)
  expect(foreign.location).toBeUndefined()
  expect(foreign.text).toContain('You signed out')
})

test('signing out ends the session and tells the front channel its sid only', async () => {
  const simulator = await givenSimulator({ frontChannelLogoutUrl: `${publicUrl}/signed-out-elsewhere` })
  const browser = new Browser(simulator.origin)
  const page = await browser.open(signInAddress(partnerTenantId))
  await browser.press(page, `Sign in as ${analyst}`)

  const out = await browser.open(`/${partnerTenantId}/oauth2/v2.0/logout`)
  const after = await browser.open(signInAddress(partnerTenantId))

  expect(out.text).toMatch(/src="http:\/\/localhost:3000\/signed-out-elsewhere\?sid=[0-9a-f-]{36}"/)
  expect(after.text).toContain(`Sign in as ${analyst}`)
})

test('with several accounts signing out asks which one', async () => {
  const simulator = await givenSimulator()
  const browser = new Browser(simulator.origin)
  for (const person of [analyst, 'admin@partner.example']) {
    await browser.press(await browser.open(signInAddress(partnerTenantId)), `Sign in as ${person}`)
  }
  const picker = await browser.open(`/${partnerTenantId}/oauth2/v2.0/logout`)

  await browser.press(picker, `Sign out ${analyst}`)
  const after = await browser.open(signInAddress(partnerTenantId))

  expect(after.text).toContain(`Sign in as ${analyst}`)
  expect(after.text).toContain('Continue as admin@partner.example')
})
