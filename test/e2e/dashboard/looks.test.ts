import { mkdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorPage } from '../../../src/gateway/error-page.ts'
import { migratedFolder, PROJECT, type Server, startServer } from '../support/server.ts'
import { axe, CHROMIUM, launch, layoutFaults, settled, THEMES, type Watched, WIDTHS, watch } from './browser.ts'
import { makeScene, NAMES, type Scene } from './scene.ts'

/**
 * Every page of the dashboard in a browser, in both themes and three widths. With DASHBOARD_IMAGES=1, the pictures of
 * docs/images are made anew.
 */

let server: Server
let browser: Browser
let scene: Scene
const folder = migratedFolder()

beforeAll(async () => {
  if (CHROMIUM === undefined) return
  server = await startServer(folder.path)
  ;[scene, browser] = await Promise.all([makeScene(server), launch()])
})

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  folder.remove()
})

/** What a page is called here, its address, and what is done on it before it is looked at. */
type Look = readonly [
  name: string,
  address: (scene: Scene) => string,
  act?: (page: Page, scene: Scene) => Promise<void>,
]

const ask =
  (certificate: keyof Scene['clients']) =>
  async (page: Page, { clients }: Scene) => {
    await page.getByLabel('Hostname').fill('admin.example.com')
    await page.getByLabel('Certificate', { exact: true }).fill(clients[certificate])
    await page.getByRole('button', { name: 'Ask' }).click()
    await page.getByText(/This client (?:gets|is)/).waitFor()
  }

const openAll = async (page: Page) => {
  for (const summary of await page.locator('summary').all()) await summary.click()
}

const certificateOf =
  (name: string) =>
  ({ account, ids }: Scene) =>
    `#/${account}/certificates/${ids[name]}`

const LOOKS: readonly Look[] = [
  ['certificates', ({ account }) => `#/${account}`],
  ['certificate', certificateOf('Example PKI')],
  ['certificate, all open', certificateOf('Example PKI'), openAll],
  ['certificate with a long name', certificateOf(NAMES.long)],
  ['certificate that may go', certificateOf('Expired PKI')],
  ['hostnames', ({ account }) => `#/${account}/hostnames`],
  ['hostname', ({ account }) => `#/${account}/hostnames/wiki.example.com`, openAll],
  ['hostname with rules', ({ account }) => `#/${account}/hostnames/old.example.com`],
  ['CRLs', ({ account }) => `#/${account}/crls`],
  ['changes', ({ account }) => `#/${account}/changes`, openAll],
  ['accepted', ({ account }) => `#/${account}/verify`, ask('good')],
  ['refused', ({ account }) => `#/${account}/verify`, ask('foreign')],
  [
    'dropped',
    ({ account }) => `#/${account}/add`,
    (page, { root, intermediate }) => page.getByLabel('Text').fill(root.certificate + intermediate.certificate),
  ],
  ['no certificates yet', ({ zone }) => `#/${zone}`],
  ['no hostnames yet', ({ zone }) => `#/${zone}/hostnames`],
  ['nothing there', ({ account }) => `#/${account}/certificates/00000000-0000-4000-8000-000000000000`],
  ['no such page', ({ account }) => `#/${account}/elsewhere`],
]

const byName = ([name, address, act]: Look) => ({ name, address, act })

/** Pages without a sign-in. */
const PUBLIC: readonly Look[] = [
  ['sign in', () => ''],
  ['errors', () => 'docs/errors'],
  ['api', () => 'docs/api'],
  ['unknown path', () => 'no/such/page'],
]

describe.skipIf(CHROMIUM === undefined)(
  'in both themes and three widths, axe finds no fault, and no page scrolls sideways',
  () => {
    let watched: Watched
    beforeAll(async () => {
      if (CHROMIUM !== undefined) watched = await watch(browser, server.origin)
    })

    afterAll(() => watched?.context.close())

    /** What is wrong with a page that is open, by theme and width. */
    async function faults(): Promise<readonly string[]> {
      const { page, faults } = watched
      const found: string[] = []
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 800 })
          const here = [...(await axe(page)), ...(await layoutFaults(page)), ...faults.splice(0)]
          found.push(...here.map((fault) => `${colorScheme}, ${width} px: ${fault}`))
        }
      }
      return found
    }

    it('refusal of the gateway', async () => {
      const explanation = { code: 'no_issuer' }
      const html = errorPage({ status: 403, message: 'Forbidden', reference: 'x'.repeat(36), explanation })
      await watched.page.setContent(html)
      expect(await faults()).toEqual([])
    })

    it.each(PUBLIC.map(byName))('$name', async ({ address }) => {
      await watched.page.goto(`${server.origin}/${address(scene)}`)
      await settled(watched.page)
      expect(await faults()).toEqual([])
    })

    it.each(LOOKS.map(byName))('$name', async ({ address, act }) => {
      const { page } = watched
      await signIn(page)
      await page.goto(`${server.origin}/${address(scene)}`)
      await settled(page)
      await act?.(page, scene)
      await settled(page)
      expect(await faults()).toEqual([])
    })
  },
)

/** Leaves the token where the dashboard keeps it. */
async function signIn(page: Page): Promise<void> {
  if (!page.url().startsWith(`${server.origin}/#`)) await page.goto(`${server.origin}/`)
  await page.evaluate(`sessionStorage.setItem('access-mtls-token', ${JSON.stringify(scene.token)})`)
  if (await page.getByRole('heading', { name: 'Sign in' }).isVisible()) await page.reload()
}

describe.skipIf(CHROMIUM === undefined)('the dashboard', () => {
  it('is under 60 KB gzipped in all, and asks for nothing else but its icon', async () => {
    const { page, context } = await watch(browser, server.origin)
    const bodies: Promise<Buffer>[] = []
    page.on('response', (response) => bodies.push(response.body()))
    await page.goto(`${server.origin}/`)
    await settled(page)
    const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length)
    expect(sizes.length).toBeLessThanOrEqual(2)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60_000)
    await context.close()
  })

  it('breaks its policy where markup or a script of somebody else would run', async () => {
    const { page, context, faults } = await watch(browser, server.origin)
    await page.goto(`${server.origin}/`)
    await settled(page)
    await page.evaluate(`try { document.body.innerHTML = '<b>' } catch {}`)
    await page.evaluate(`document.body.append(Object.assign(document.createElement('style'), { textContent: '*{}' }))`)
    await expect.poll(() => faults.filter((fault) => fault.includes('policy: ')).length).toBeGreaterThanOrEqual(2)
    await context.close()
  })
})

describe.runIf(CHROMIUM !== undefined && process.env['DASHBOARD_IMAGES'] === '1')('pictures', () => {
  const IMAGES = `${PROJECT}/docs/images`
  const SIZES = { phone: 390, desktop: 1280 } as const
  it.each(THEMES.flatMap((theme) => (['phone', 'desktop'] as const).map((size) => ({ theme, size }))))(
    'on a $size in the $theme theme',
    async ({ theme, size }) => {
      mkdirSync(IMAGES, { recursive: true })
      const { page, context } = await watch(browser, server.origin, theme, SIZES[size])
      await page.goto(`${server.origin}/`)
      await page.evaluate(`sessionStorage.setItem('access-mtls-token', ${JSON.stringify(scene.token)})`)
      await page.reload()
      for (const name of ['certificates', 'certificate', 'refused']) {
        const one = LOOKS.find(([other]) => other === name)
        if (one === undefined) throw new Error(`no page is called ${name}`)
        await page.goto(`${server.origin}/${one[1](scene)}`)
        await settled(page)
        await one[2]?.(page, scene)
        await settled(page)
        await page.evaluate('document.activeElement?.blur()')
        await page.evaluate(`document.querySelector('form [role=status] h2')?.scrollIntoView()`)
        await page.screenshot({ path: `${IMAGES}/${name}-${size}-${theme}.png`, fullPage: false })
      }
      await context.close()
    },
  )
})
