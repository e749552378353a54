import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { handleRequest } from '../../src/api/router.ts'
import { ROUTES } from '../../src/api/routes.ts'
import type { LogEntry } from '../../src/core/log.ts'
import { NOW } from '../support/pki.ts'
import { freshTenant } from '../support/requests.ts'

/** What Chrome sends when somebody follows a link. */
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeAll(async () => {
  tenant = await freshTenant()
})

async function ask(path: string, headers: Readonly<Record<string, string>>, method = 'GET') {
  const log: LogEntry[] = []
  const response = await handleRequest(new Request(`https://api.example${path}`, { method, headers }), env, {
    now: NOW,
    clock: () => NOW,
    clockMs: () => 0,
    newId: () => 'id',
    log: (entry) => log.push(entry),
  })
  return { response, log, text: await response.text() }
}

describe('a browser', () => {
  it('gets the dashboard at /, under a policy that runs its own script only', async () => {
    const { response, log, text } = await ask('/', { accept: BROWSER })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
    expect(response.headers.get('vary')).toContain('accept')
    const policy = response.headers.get('content-security-policy') ?? ''
    const [, script = ''] = /<script type="module">([\s\S]*)<\/script>/.exec(text) ?? []
    const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(text) ?? []
    expect(script.length).toBeGreaterThan(1_000)
    expect(policy).toContain(`script-src '${await hashOf(script)}';`)
    expect(policy).toContain(`style-src '${await hashOf(style)}';`)
    expect(policy).toMatch(/^default-src 'none'; .*require-trusted-types-for 'script'; trusted-types 'none'$/)
    expect(policy).not.toContain('unsafe')
    expect(log).toMatchObject([{ operation: 'GET dashboard', status: 200, d1_calls: 0 }])
  })

  it.each(['/no/such/page', '/client/v4/elsewhere', '/edge/v1/accounts'])(
    'gets a page at %s, where there is nothing',
    async (path) => {
      const { response, log, text } = await ask(path, { accept: BROWSER })
      expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=UTF-8'])
      expect(text).toContain('<h1>No such page</h1>')
      expect(text).not.toContain(path)
      expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/)
      expect(log).toMatchObject([{ operation: 'GET no such page', status: 404, d1_calls: 0 }])
    },
  )

  it('gets the envelope at a path of the API', async () => {
    const { response, text } = await ask(tenant.accountPath, { accept: BROWSER })
    expect(response.status).toBe(400)
    expect(JSON.parse(text)).toMatchObject({ success: false, errors: [{ code: 9106 }] })
  })

  it('gets the icon of its tab', async () => {
    const { response, text } = await ask('/favicon.svg', { accept: 'image/svg+xml,image/*' })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/svg+xml'])
    expect(text).toMatch(/^<svg /)
  })
})

describe('a page that anyone may read', () => {
  it('/docs/errors has a search field, whose script the policy names by its hash', async () => {
    const { response, text } = await ask('/docs/errors', { accept: BROWSER })
    const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(text) ?? []
    expect(response.headers.get('content-security-policy')).toContain(`script-src '${await hashOf(script)}'`)
    expect(text.match(/<section>\n<h2/g)?.length).toBeGreaterThan(30)
    expect(text).toContain('<input type="search"')
  })

  it('/docs/api has every operation once, with its shapes', async () => {
    const { response, text } = await ask('/docs/api', { accept: BROWSER })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
    const shown = text.match(/<h2><code>[A-Z]+ .*?<\/code>/g) ?? []
    expect(new Set(shown).size).toBe(shown.length)
    const paths = new Set(ROUTES.map(({ method, path }) => `${method} ${path}`))
    expect(shown).toHaveLength(paths.size)
    expect(text).toContain('<summary>Body: application/json</summary>')
    expect(text).not.toMatch(/[^&]"\$ref": "[^"]*</)
  })

  it('/llms.txt says where everything is', async () => {
    const { response, text } = await ask('/llms.txt', {})
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=UTF-8'])
    for (const [, link = ''] of text.matchAll(/\]\((\/.*?)\)/g))
      expect((await ask(link, {})).response.status).not.toBe(400)
  })
})

describe('a client of the API gets the envelope', () => {
  it.each([
    ['that accepts anything', { accept: '*/*' }, 9106],
    ['that says nothing', {}, 9106],
    ['that prefers JSON', { accept: 'application/json, text/html;q=0.5' }, 9106],
  ])('%s', async (_, headers, code) => {
    for (const path of ['/', '/no/such/page']) {
      const { response, text } = await ask(path, headers as Record<string, string>)
      expect(response.status).toBe(400)
      expect(JSON.parse(text)).toMatchObject({ success: false, errors: [{ code }] })
    }
  })

  it.each(['authorization', 'x-auth-key', 'x-auth-email'])('with %s, whatever it accepts', async (header) => {
    const value = header === 'authorization' ? tenant.authorization : 'x'
    for (const path of ['/', '/no/such/page']) {
      const { response, text } = await ask(path, { accept: BROWSER, [header]: value })
      expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8')
      expect(JSON.parse(text)).toMatchObject({ success: false })
    }
  })

  it.each(['POST', 'HEAD', 'OPTIONS'])('with %s', async (method) => {
    const { response } = await ask('/', { accept: BROWSER }, method)
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/json; charset=UTF-8'])
  })
})

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`
}
