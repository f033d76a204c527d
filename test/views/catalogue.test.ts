import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, openPage } from './browser.ts'
import { type CatalogueServer, startCatalogue } from './catalogue-server.ts'

const sizes = { wide: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } }
const cases = ['/catalogue', '/catalogue-public', '/error'].flatMap(path =>
  Object.entries(sizes).flatMap(([size, viewport]) =>
    (['light', 'dark'] as const).map(theme => ({ path, size, viewport, theme })),
  ),
)
/** A folder to keep the pictures in, for whoever wants to look. */
const pictures = process.env.CATALOGUE_PICTURES

let server: CatalogueServer
let browser: Browser

beforeAll(async () => {
  server = await startCatalogue()
  browser = await launchBrowser()
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
})

test.each(cases)(
  '$path is accessible and fits in $size, $theme',
  async ({ path, size, viewport, theme }) => {
    const url = `${server.origin}${path}`
    const { page, complaints, close } = await openPage(browser, url, { viewport, colorScheme: theme })

    const { violations } = await new AxeBuilder({ page }).analyze()
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    if (pictures) await page.screenshot({ path: `${pictures}${path}-${size}-${theme}.png`, fullPage: true })

    expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map(node => node.html) }))).toEqual([])
    expect(overflow).toBeLessThanOrEqual(0)
    expect(complaints).toEqual([])
    await close()
  },
  60_000,
)

test('everything that a finger presses is at least 40 px high on a phone', async () => {
  const { page, close } = await openPage(browser, `${server.origin}/catalogue`, { viewport: sizes.phone })

  const small = await page
    .locator('main :is(.button, .input, .select, summary, .tabs__link, .filter)')
    .evaluateAll(elements =>
      elements
        .filter(element => element.checkVisibility())
        .filter(element => element.getBoundingClientRect().height < 40)
        .map(element => element.outerHTML),
    )

  expect(small).toEqual([])
  await close()
}, 60_000)
