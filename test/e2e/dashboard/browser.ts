import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** Debian's Chromium. Playwright would download one of its own. */
const EXECUTABLES = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser']

/** The browser of this machine; undefined where it has none, and the tests are skipped by name. */
export const CHROMIUM = EXECUTABLES.find((path) => path !== '' && existsSync(path))

export const THEMES = ['light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** Widths in CSS pixels: the narrowest of WCAG 1.4.10, a tablet, a laptop. */
export const WIDTHS = [320, 768, 1280] as const

/** Starts the browser. Root needs it without the sandbox, as in a container; every page is our own. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
}

/** A page, and what must not have happened on it. */
export interface Watched {
  readonly page: Page
  readonly context: BrowserContext
  /** Exceptions, errors in the console, violations of the policy, and requests to elsewhere. */
  readonly faults: string[]
}

/** Opens a page that notes its faults. */
export async function watch(browser: Browser, origin: string, theme: Theme = 'light', width = 1280): Promise<Watched> {
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height: 800 },
    reducedMotion: 'reduce',
    acceptDownloads: true,
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`exception: ${error.stack ?? error.message}`))
  page.on('console', (message) => {
    // The API's refusals are part of what is tested. Chromium says so of each; the page does too.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      faults.push(`console: ${message.text()}`)
    }
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !/^(?:data|blob):/.test(request.url())) {
      faults.push(`request to elsewhere: ${request.url()}`)
    }
  })
  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`)
  return { page, context, faults }
}

/** Waits until the address is obeyed, and nothing on the page is being asked for. */
export async function settled(page: Page): Promise<void> {
  const isSettled = `new Promise((resolve) => requestAnimationFrame(() => setTimeout(() =>
    resolve(document.querySelector('h1') !== null && document.querySelector('[aria-busy]') === null))))`
  while (!(await page.evaluate(isSettled))) await new Promise((resolve) => setTimeout(resolve, 20))
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds on a page, by rule and element. Best practices too. */
export async function axe(page: Page): Promise<readonly string[]> {
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(await axeSource)
  const { violations } = await page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })')
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  )
}

/** Whether a page has to be scrolled sideways (WCAG 1.4.10), and targets that are too small (2.5.8: 24 px, but for links in a sentence). */
export async function layoutFaults(page: Page): Promise<readonly string[]> {
  return await page.evaluate<string[]>(`(() => {
    const faults = []
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) faults.push('the page is ' + scrollWidth + ' px wide, not ' + clientWidth)
    for (const element of document.querySelectorAll('a, button, input, select, textarea, summary')) {
      const { width, height } = element.getBoundingClientRect()
      const isInSentence = element.matches('p > a') && element.parentElement.textContent !== element.textContent
      if (width === 0 || isInSentence || element.closest('.skip')) continue
      if (width < 24 || height < 24) faults.push('small: ' + element.outerHTML.slice(0, 120) + ' ' + width + '×' + height)
    }
    return faults
  })()`)
}
