import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { testCa } from '../../../src/testing/index.ts'
import { admin, migratedFolder, PROJECT, type Server, startServer } from '../support/server.ts'
import { CHROMIUM, launch, settled, type Watched, watch } from './browser.ts'
import { caller, makeScene, type Scene } from './scene.ts'

/** What a person does on the dashboard, in a browser, against the service as `npm start` runs it. */

let server: Server
let browser: Browser
let scene: Scene
let watched: Watched
let page: Page
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

beforeEach(async () => {
  if (CHROMIUM === undefined) return
  watched = await watch(browser, server.origin)
  page = watched.page
})

afterEach(async () => {
  if (CHROMIUM === undefined) return
  await watched.context.close()
  expect(watched.faults).toEqual([])
})

const openApi = JSON.parse(readFileSync(`${PROJECT}/src/api/generated/openapi.json`, 'utf8'))
const CAN_TRY_MODES = JSON.stringify(openApi.paths['/edge/v1/accounts/{account_id}/hostnames/{hostname}'].put).includes(
  'dry_run',
)

/** Opens a page as somebody who has signed in. */
async function open(path: string, token = scene.token): Promise<void> {
  await page.goto(`${server.origin}/`)
  await page.evaluate(`sessionStorage.setItem('access-mtls-token', ${JSON.stringify(token)})`)
  await page.goto(`${server.origin}/#/${path}`)
  await page.reload()
  await settled(page)
}

const heading = () => page.locator('h1').innerText()
const focused = () => page.evaluate<string>('document.activeElement.tagName + " " + document.activeElement.textContent')

/** Drops a file on the page, as a person does from a folder. */
async function drop(name: string, text: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    `(() => { const transfer = new DataTransfer(); transfer.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)})); return transfer })()`,
  )
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer })
}

describe.skipIf(CHROMIUM === undefined)('somebody who signs in', () => {
  it('is told in a sentence why a token is refused, with a link to what it means', async () => {
    await page.goto(`${server.origin}/`)
    await page.getByLabel('API token').fill('wrong-token-of-somebody-000000000000000')
    await page.keyboard.press('Enter')
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.innerText()).toContain('Invalid access token')
    expect(await alert.getByRole('link').getAttribute('href')).toMatch(/^\/docs\/errors#\d+$/)
    expect(await page.evaluate('sessionStorage.length')).toBe(0)
  })

  it('comes to the certificates by keyboard alone, the next to expire first, and can sign out', async () => {
    await page.goto(`${server.origin}/`)
    await page.keyboard.press('Tab')
    await page.keyboard.type(scene.token)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Certificates' }).waitFor()
    await settled(page)
    expect(await focused()).toBe('H1 Certificates')
    expect(await page.locator('.card h2').allInnerTexts()).toMatchObject({
      0: 'Expired PKI',
      1: 'Old PKI',
      2: 'Example PKI',
    })
    expect(await page.evaluate('[localStorage.length, document.cookie]')).toEqual([0, ''])
    await page.getByRole('button', { name: 'Sign out' }).press('Enter')
    expect(await heading()).toBe('Sign in')
    expect(await page.evaluate('sessionStorage.length')).toBe(0)
  })

  it('is asked to sign in again when the token stops working', async () => {
    const [accountId = ''] = scene.account.split('/').slice(1)
    const made = await admin(server.persistTo, 'token', 'create', '--account', accountId, '--permission', 'read')
    await open(scene.account, made['token'])
    await admin(server.persistTo, 'token', 'disable', made['id'] ?? '')
    await page.getByRole('link', { name: 'Changes' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await page.getByRole('alert').innerText()).toMatch(/token|Unauthorized|Authentication/i)
  })

  it('chooses a zone, where nothing is yet, and is told what to do first', async () => {
    await open(scene.account)
    await page.getByLabel('Account or zone').selectOption('example.com')
    await page.getByText('No CA certificate is registered here yet.').waitFor()
    await page.getByRole('link', { name: 'Register the first CA certificate' }).click()
    expect(await heading()).toBe('Add a certificate')
    expect(page.url()).toContain(scene.zone)
  })
})

describe.skipIf(CHROMIUM === undefined)('the page of a certificate', () => {
  it('draws the chain, and says which hostnames, CRLs and blocks it has', async () => {
    await open(scene.account)
    await page.getByRole('link', { name: 'Example PKI' }).click()
    await settled(page)
    await page.getByRole('heading', { name: 'Chain' }).waitFor()
    await settled(page)
    const below = page.locator('.chain .chain')
    expect(await below.innerText()).toContain('CN=Example intermediate')
    expect(await below.innerText()).toMatch(/A CRL covers its clients; the next is due in/)
    expect(await page.getByRole('link', { name: 'admin.example.com' }).first().getAttribute('href')).toBe(
      `#/${scene.account}/hostnames/admin.example.com`,
    )
    expect(await page.getByText('0123456789abcdef').first().isVisible()).toBe(true)
    expect(await page.getByText('It may not be deleted').innerText()).toContain('2 hostnames')
  })

  it('offers its certificates as PEM', async () => {
    await open(`${scene.account}/certificates/${scene.ids['Example PKI']}`)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download PEM' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('Example-PKI.pem')
    expect(readFileSync(await download.path(), 'utf8')).toBe(scene.root.certificate + scene.intermediate.certificate)
  })

  it('blocks a serial number and unblocks it, and tells of a wrong one', async () => {
    await open(`${scene.account}/certificates/${scene.ids['Example PKI']}`)
    const serial = page.getByLabel('Serial number of a client certificate')
    await serial.fill('xyz')
    await page.getByRole('button', { name: 'Block', exact: true }).click()
    expect(await page.getByRole('alert').getByRole('link').getAttribute('href')).toMatch(/^\/docs\/errors#/)
    await serial.fill('0xfedcba98')
    await page.getByRole('button', { name: 'Block', exact: true }).click()
    await page.getByText('00fedcba98 is blocked.').waitFor()
    await page.getByRole('button', { name: 'Unblock 00fedcba98' }).click()
    await expect
      .poll(() => page.getByRole('button', { name: 'Unblock 00fedcba98' }).count(), { timeout: 10_000 })
      .toBe(0)
  })

  it('deletes one that no hostname needs, after a question, and the changes take that back', async () => {
    await open(`${scene.account}/certificates/${scene.ids['Expired PKI']}`)
    await page.getByRole('button', { name: 'Delete …' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByRole('heading').innerText()).toBe('Delete Expired PKI?')
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog.count()).toBe(0)
    await page.getByRole('button', { name: 'Delete …' }).click()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('heading', { name: 'Certificates' }).waitFor()
    await settled(page)
    expect(await page.locator('.card h2').first().innerText()).toBe('Old PKI')
    await page.getByRole('link', { name: 'Changes' }).click()
    await settled(page)
    expect(await page.locator('.card h2').first().innerText()).toMatch(/Delete certificate Expired PKI$/)
    await page
      .getByRole('button', { name: /^Undo change/ })
      .first()
      .click()
    await page.getByText(/^Taken back, as change \d+\.$/).waitFor()
    await page.getByRole('link', { name: 'Certificates' }).click()
    await page.getByRole('link', { name: 'Expired PKI' }).waitFor()
  })

  it('changes name and hostnames, and uploads a CRL', async () => {
    await open(`${scene.account}/certificates/${scene.ids['Old PKI']}`)
    await page.getByText('Change name or hostnames').click()
    await page.getByLabel('Hostnames, one a line').fill('old.example.com\nolder.example.com')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('link', { name: 'older.example.com' }).first().waitFor()
    await open(`${scene.account}/certificates/${scene.ids['Example PKI']}`)
    const crl = await scene.root.crl()
    await page
      .getByLabel('CRL file')
      .setInputFiles({ name: 'root.crl', mimeType: 'application/pkix-crl', buffer: Buffer.from(crl) })
    await page.getByRole('button', { name: 'Upload' }).click()
    await page.getByText('The CRL is current from now on.').waitFor()
  })
})

describe.skipIf(CHROMIUM === undefined)('a dropped file', () => {
  it('is told to be a CA and not registered, is registered, and is then known', async () => {
    const { certificate } = await testCa({ subject: { CN: 'Dropped root' } })
    await open(scene.account)
    await drop('ca.pem', certificate)
    await page.getByRole('heading', { name: 'CN=Dropped root' }).waitFor()
    await page.getByText('Not registered here yet.').waitFor()
    await page.getByLabel('Hostnames, one a line').fill('dropped.example.com')
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await page.getByRole('link', { name: 'Go to the certificate' }).click()
    await settled(page)
    expect(await heading()).toBe('CN=Dropped root')
    await drop('ca.pem', certificate)
    await page.getByText(/^Registered already/).waitFor()
  })

  it('with a private key sends nothing', async () => {
    const { certificate, key } = await testCa()
    await open(scene.account)
    const sent: string[] = []
    page.on('request', (request) => sent.push(request.postData() ?? request.url()))
    await drop('both.pem', certificate + key)
    await page.getByText('This holds a private key.').waitFor()
    expect(sent.filter((url) => !url.endsWith('/favicon.svg'))).toEqual([])
  })

  it('that is no certificate is named, and a client’s certificate leads to the question', async () => {
    await open(scene.account)
    await drop('page.html', '<!doctype html><html><body><script>alert(1)</script></body></html>')
    await page.getByText(/looks like HTML/).waitFor()
    await drop('client.pem', scene.clients.good)
    await page.getByRole('main').getByRole('link', { name: 'Would this client get in?' }).click()
    expect(await page.getByLabel('Certificate', { exact: true }).inputValue()).toBe(scene.clients.good)
  })
})

describe.skipIf(CHROMIUM === undefined)('would this client get in?', () => {
  const ask = async (certificate: string) => {
    await open(`${scene.account}/verify`)
    await page.getByLabel('Hostname').fill('admin.example.com')
    await page.getByLabel('Certificate', { exact: true }).fill(certificate)
    await page.getByRole('button', { name: 'Ask' }).click()
    await settled(page)
  }

  it('shows the path of one that gets in, from leaf to anchor, each check with its mark', async () => {
    await ask(scene.clients.good)
    await page.getByText('This client gets in').waitFor()
    expect(await page.locator('.path h4').allInnerTexts()).toEqual([
      'CN=laptop of Ada',
      'CN=Example intermediate',
      'O=Example, CN=Example root',
    ])
    const checks = await page.locator('.checks .badge').allInnerTexts()
    expect(checks).toContain('✓ Its issuer signed it')
    expect(checks.filter((text) => text.startsWith('✗'))).toEqual([])
  })

  it('sends no private key', async () => {
    const { certificate, key } = await testCa()
    await open(`${scene.account}/verify`)
    const sent: string[] = []
    page.on('request', (request) => sent.push(request.url()))
    await page.getByLabel('Hostname').fill('admin.example.com')
    await page.getByLabel('Certificate', { exact: true }).fill(key + certificate)
    await page.getByRole('button', { name: 'Ask' }).click()
    await page.getByText('That held a private key.').waitFor()
    expect(sent.filter((url) => !url.endsWith('/favicon.svg'))).toEqual([])
  })

  it('shows the check that a revoked one fails, with the fix', async () => {
    await ask(scene.clients.revoked)
    await page.getByText('This client is refused').waitFor()
    expect(await page.locator('.checks .badge.bad').allInnerTexts()).toEqual(['✗ Not so: It is not revoked or blocked'])
    expect(await page.locator('.checks').filter({ hasText: 'Fix:' }).count()).toBe(1)
  })
})

describe.skipIf(CHROMIUM === undefined)('hostnames, CRLs and changes', () => {
  it('a hostname’s mode and settings are read and set', async () => {
    await open(`${scene.account}/hostnames`)
    await page.getByRole('link', { name: 'wiki.example.com' }).click()
    await settled(page)
    await page.getByText(/Report only: everybody gets in/).waitFor()
    await page.getByText('report mode ends: clients that it lets through are refused').waitFor()
    await page.getByText('Change mode or identity rules').click()
    await page.getByRole('combobox', { name: 'Mode' }).selectOption('required')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByText('A certificate is required').waitFor()
    await page.getByLabel(/Tell the origin who the client is/).check()
    await page.getByRole('button', { name: 'Save settings' }).click()
    await page.getByText('Saved.').waitFor()
    const settings = await scene.api('GET', `client/v4/${scene.account}/access/certificates/settings`)
    expect(settings).toContainEqual({
      hostname: 'wiki.example.com',
      china_network: false,
      client_certificate_forwarding: true,
    })
  })

  it('identity rules are read out, kept when the mode is set, and their faults are told', async () => {
    await open(`${scene.account}/hostnames/old.example.com`)
    const rule = page.getByRole('listitem').filter({ hasText: 'organizational unit Operations' })
    expect(await rule.innerText()).toBe('organization Example and organizational unit Operations')
    await page.getByText('Change mode or identity rules').click()
    await page.getByRole('combobox', { name: 'Mode' }).selectOption('report')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByText(/Report only: everybody gets in/).waitFor()
    expect(await rule.count()).toBe(1)
    await page.getByText('Change mode or identity rules').click()
    await page.getByLabel('Identity rules').fill('[{"shoe_size": 43}]')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toContain('/identities/0')
  })

  it.skipIf(!CAN_TRY_MODES)('a mode is tried before it is set', async () => {
    await open(`${scene.account}/hostnames/wiki.example.com`)
    await page.getByText('Change mode or identity rules').click()
    await page.getByRole('button', { name: 'What would happen?' }).click()
    await page.getByText('It would be carried out. Nothing was changed yet.').waitFor()
  })

  it('CRLs have their age, entries and next update', async () => {
    await open(`${scene.account}/crls`)
    const card = page.locator('.card').filter({ hasText: 'CRL of CN=Example intermediate' })
    expect(await card.innerText()).toMatch(/Current: the next update is due in \d+ days/)
    expect(await card.innerText()).toContain('1 entry')
  })

  it('changes are filtered by hostname', async () => {
    await open(`${scene.account}/changes`)
    const all = await page.locator('.card').count()
    await page.getByText('Filters').click()
    await page.getByLabel('Hostname').fill('old.example.com')
    await page.getByRole('button', { name: 'Filter' }).click()
    await settled(page)
    const fitting = await page.locator('.card').count()
    expect(fitting).toBeGreaterThan(0)
    expect(fitting).toBeLessThan(all)
  })
})

describe.skipIf(CHROMIUM === undefined)('names that are markup', () => {
  it('are shown as text, wherever they are', async () => {
    const name = '<img src=x onerror=alert(1)>'
    const { certificate } = await testCa({ subject: name })
    const added = await scene.api('POST', `client/v4/${scene.account}/access/certificates`, { name, certificate })
    for (const path of ['', `/certificates/${(added as { readonly id: string }).id}`, '/changes']) {
      await open(`${scene.account}${path}`)
      expect(await page.getByText(name).count()).toBeGreaterThan(0)
      expect(await page.locator('img').count()).toBe(0)
    }
  })
})

describe.skipIf(CHROMIUM === undefined)('1,000 certificates', () => {
  it('are shown a hundred at a time, and found by name', async () => {
    const { id: accountId = '' } = await admin(server.persistTo, 'account', 'add', '--name', 'many', '--quota', '1000')
    const made = await admin(server.persistTo, 'token', 'create', '--account', accountId, '--permission', 'write')
    const api = caller(server.origin, made['token'] ?? '')
    const { key } = await testCa()
    const numbers = Array.from({ length: 1_000 }, (_, index) => index)
    const add = async () => {
      for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) {
        const { certificate } = await testCa({ subject: `Root ${number}`, key })
        await api('POST', `client/v4/accounts/${accountId}/access/certificates`, {
          name: `root-${number}`,
          certificate,
        })
      }
    }
    await Promise.all(Array.from({ length: 8 }, add))
    await open(`accounts/${accountId}`, made['token'])
    await page.getByText('1000 registered.').waitFor()
    expect(await page.locator('.card').count()).toBe(100)
    await page.getByRole('button', { name: 'Show 100 more of 900' }).press('Enter')
    expect(await page.locator('.card').count()).toBe(200)
    await page.getByLabel(/^Search/).fill('root-777')
    await expect.poll(() => page.locator('#said').innerText()).toBe('1 of 1000 certificates')
    await page.getByRole('link', { name: 'root-777' }).click()
    await settled(page)
    expect(await heading()).toBe('root-777')
  })
})
