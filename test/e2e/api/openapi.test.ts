import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generatedFiles } from '../../../scripts/generate/generated.ts'
import { documentPaths } from '../../../scripts/generate/openapi.ts'
import { ROUTES } from '../../../src/api/routes.ts'
import { time } from '../../../src/testing/der.ts'
import { basicConstraints, keyUsage } from '../../../src/testing/extensions.ts'
import { pem } from '../../support/pki.ts'
import { issue, issueLeaf } from '../../support/x509/chain.ts'
import { issueCrlPem } from '../../support/x509/make-crl.ts'
import { publicRoot } from '../support/roots.ts'
import {
  admin,
  type FirstRun,
  migratedFolder,
  PROJECT,
  readFirstRun,
  type Server,
  startServer,
} from '../support/server.ts'

describe('what is generated', async () => {
  it.each(Object.entries(await generatedFiles()))('%s is what npm run generate writes', (path, content) => {
    expect(readFileSync(`${PROJECT}/${path}`, 'utf8')).toBe(content)
  })
})

describe('docs/errors.md', () => {
  const documented = [...readFileSync(`${PROJECT}/docs/errors.md`, 'utf8').matchAll(/^## (\d+)$/gm)].map(
    ([, code]) => code,
  )

  it('has a section for every code in an answer of the service, and no other', () => {
    const sources = readdirSync(`${PROJECT}/src`, { recursive: true, encoding: 'utf8' })
      .filter((file) => /^(?:api|registry|web)\/.*\.ts$/.test(file))
      .map((file) => readFileSync(`${PROJECT}/src/${file}`, 'utf8'))
      .join('\n')
    const answered = [...sources.matchAll(/(?:code: |failure\(\d{3}, )(\d{3,5})\b/g)].map(([, code]) => code)
    expect([...new Set(documented)].sort()).toEqual([...new Set(answered)].sort())
    expect(documented.length).toBeGreaterThan(20)
  })
})

/** The parts of the document that this test reads. */
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: unknown
}
interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >
}

/** Under which key the document has answers of a status. */
const rangeOf = (status: number) => (status < 300 ? `${status}` : `${Math.floor(status / 100)}XX`)

const contentOf = ({ paths }: Document, method: string, path: string, range: string) =>
  paths[path]?.[method.toLowerCase()]?.responses[range]?.content ?? {}

/** The JSON of an answer; undefined for one that is never JSON, and says its type as described. */
async function bodyOf(response: Response, types: readonly string[]): Promise<unknown> {
  const [type] = (response.headers.get('content-type') ?? '').split(';')
  if (type === 'application/json') return await response.json()
  expect(types).toEqual([type])
  await response.text()
  return undefined
}

describe('/openapi.json', () => {
  const folder = migratedFolder()
  let server: Server
  let first: FirstRun
  let document: Document

  beforeAll(async () => {
    server = await startServer(folder.path)
    first = readFirstRun(server.output())
    const response = await fetch(`${server.origin}/openapi.json`)
    expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8')
    document = (await response.json()) as Document
  })
  afterAll(async () => {
    await server.stop()
    folder.remove()
  })

  it('lists exactly the routes that are served', () => {
    const listed = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((key) => key !== 'servers')
        .map((method) => `${method.toUpperCase()} ${path}`),
    )
    const served = ROUTES.flatMap((route) => documentPaths(route).map((one) => `${route.method} ${one}`))
    expect(listed.sort()).toEqual(served.sort())
  })

  it('describes the answers: one success and one refusal of every route are valid against it', async () => {
    const ajv = new Ajv2020({ strict: false, formats: { uri: /^https?:\/\// } })
    const validators = new Map<string, ValidateFunction>()
    const seen = new Set<string>()
    const check = async (
      method: string,
      path: string,
      status: number,
      body?: unknown,
      by: string | Readonly<Record<string, string>> = first.token,
    ) => {
      const credential = typeof by === 'string' ? { authorization: `Bearer ${by}` } : by
      const response = await fetch(
        `${server.origin}${path.startsWith('/edge/') ? '' : '/client/v4'}${fill(path, first, certificateId, changeId)}`,
        {
          method,
          headers: { ...credential, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        },
      )
      expect(response.status, `${method} ${path}`).toBe(status)
      const range = rangeOf(status)
      const content = contentOf(document, method, path.replace(/\?.*/, ''), range)
      const answer: unknown = await bodyOf(response, Object.keys(content))
      const schema = content['application/json']?.schema
      const key = `${method} ${path} ${range}`
      seen.add(key)
      if (answer === undefined) return { result: { id: '' } }
      expect(schema, `${method} ${path} ${status} is not in the document`).toBeDefined()
      const validate = validators.get(key) ?? ajv.compile({ ...schema, components: document.components })
      validators.set(key, validate)
      expect(validate(answer), `${key}: ${JSON.stringify(validate.errors)}`).toBe(true)
      return answer as { result: { id: string } }
    }
    let certificateId = '00000000-0000-4000-8000-000000000000'
    let changeId = '0'
    for (const [index, scope] of ['/accounts/{account_id}', '/zones/{zone_id}'].entries()) {
      const list = `${scope}/access/certificates`
      const one = `${list}/{certificate_id}`
      certificateId = '00000000-0000-4000-8000-000000000000'
      const created = { name: 'x', certificate: publicRoot(index), associated_hostnames: ['a.example.com'] }
      await check('POST', `${list}?dry_run=true`, 200, created)
      const added = await check('POST', list, 201, created)
      await check('POST', list, 409, created)
      const presented = { hostname: 'a.example.com', certificate: publicRoot(index), trace: true }
      await check('POST', `/edge/v1${scope}/verify`, 200, presented)
      await check('POST', `/edge/v1${scope}/verify`, 200, { ...presented, certificate: publicRoot(9) })
      await check('POST', `/edge/v1${scope}/verify`, 400, { ...presented, hostname: 'example.org' })
      await check('GET', list, 200)
      await check('GET', list, 401, undefined, 'wrong')
      await check('GET', one, 404)
      certificateId = added.result.id
      await check('GET', one, 200)
      await check('DELETE', one, 409)
      await check('PUT', one, 400, { name: 1 })
      await check('PUT', `${one}?dry_run=true`, 200, {})
      await check('PUT', one, 200, {})
      await check('DELETE', `${one}?dry_run=true`, 200)
      await check('DELETE', one, 200)
      const setting = { hostname: 'a.example.com', client_certificate_forwarding: true }
      await check('PUT', `${list}/settings`, 202, { settings: [setting] })
      await check('PUT', `${list}/settings`, 400, { settings: [{ hostname: 'a.example.org' }] })
      await check('GET', `${list}/settings`, 200)
      await check('GET', `${list}/settings`, 401, undefined, 'wrong')
      const edge = `/edge/v1${scope}`
      const ca = await issue({ extensions: [basicConstraints(true), keyUsage(0x06, 1)] })
      const leaf = await issueLeaf(ca)
      const registered = { name: 'x', certificate: pem(ca.der), associated_hostnames: ['a.example.com'] }
      certificateId = (await check('POST', list, 201, registered)).result.id
      const details = `${edge}/certificates`
      await check('GET', details, 200)
      await check('GET', `${details}/{certificate_id}`, 200)
      await check('GET', details, 401, undefined, 'wrong')
      await check('GET', `${details}/{certificate_id}`, 401, undefined, 'wrong')
      const crls = `${edge}/certificates/{certificate_id}/crl`
      const nextUpdate = time('2049-01-01T00:00:00Z')
      await check('PUT', crls, 200, { crl: await issueCrlPem(ca, { nextUpdate, number: 2 }) })
      await check('PUT', crls, 409, { crl: await issueCrlPem(ca, { nextUpdate, number: 1 }) })
      await check('PUT', crls, 400, { crl: 'x' })
      await check('GET', crls, 200)
      await check('GET', crls, 401, undefined, 'wrong')
      await check('POST', `${edge}/verify`, 200, { hostname: 'a.example.com', certificate: pem(leaf.der) })
      const policy = `${edge}/certificates/{certificate_id}/revocation`
      await check('PUT', policy, 200, { stale_policy: 'soft' })
      await check('PUT', policy, 400, {})
      await check('GET', policy, 200)
      await check('GET', policy, 401, undefined, 'wrong')
      await check('GET', `${edge}/expiry`, 200)
      await check('GET', `${edge}/expiry`, 401, undefined, 'wrong')
      await check('GET', `${edge}/expiry.ics`, 200)
      await check('GET', `${edge}/expiry.ics`, 401, undefined, 'wrong')
      const fetch = `${edge}/certificates/{certificate_id}/crl_fetch`
      await check('GET', fetch, 200)
      await check('GET', fetch, 401, undefined, 'wrong')
      const blocked = `${edge}/certificates/{certificate_id}/blocked_serials`
      await check('PUT', `${blocked}/{serial}?dry_run=true`, 200)
      await check('PUT', `${blocked}/{serial}`, 200)
      await check('DELETE', `${blocked}/{serial}?dry_run=true`, 200)
      await check('PUT', `${blocked}/{serial}`, 401, undefined, 'wrong')
      await check('GET', blocked, 200)
      await check('GET', blocked, 401, undefined, 'wrong')
      await check('DELETE', `${blocked}/{serial}`, 200)
      await check('DELETE', `${blocked}/{serial}`, 404)
      await check('DELETE', `${crls}?dry_run=true`, 200)
      await check('DELETE', crls, 200)
      await check('DELETE', crls, 401, undefined, 'wrong')
      await check('PUT', `${edge}/hostnames/{hostname}`, 200, { mode: 'report' })
      await check('PUT', `${edge}/hostnames/{hostname}?dry_run=true`, 200, { mode: 'report' })
      const identities = [{ common_name: 'client', dns: '*.a.example' }]
      await check('PUT', `${edge}/hostnames/{hostname}`, 200, { mode: 'required', identities })
      await check('PUT', `${edge}/hostnames/{hostname}`, 400, { mode: 'off' })
      await check('PUT', `${edge}/hostnames/{hostname}`, 400, { mode: 'required', identities: [{}] })
      await check('POST', `${edge}/verify`, 200, { hostname: 'a.example.com', certificate: pem(leaf.der), trace: true })
      await check('GET', `${edge}/hostnames/{hostname}`, 200)
      await check('GET', `${edge}/hostnames/{hostname}`, 401, undefined, 'wrong')
      await check('GET', `${edge}/hostnames/{hostname}/clients`, 200)
      await check('GET', `${edge}/hostnames/{hostname}/clients`, 401, undefined, 'wrong')
      await check('GET', `${edge}/hostnames`, 200)
      await check('GET', `${edge}/hostnames`, 401, undefined, 'wrong')
      await check('GET', `${edge}/changes`, 200)
      await check('GET', `${edge}/changes`, 401, undefined, 'wrong')
      const listed = await check('GET', `${edge}/changes`, 200)
      changeId = String((listed.result as unknown as readonly { readonly id: number }[])[0]?.id)
      await check('GET', `${edge}/changes/{change_id}`, 200)
      await check('POST', `${edge}/changes/{change_id}/revert`, 201)
      await check('POST', `${edge}/changes/{change_id}/revert`, 409)
      await check('GET', `${edge}/changes/{change_id}`, 401, undefined, 'wrong')
      await check('GET', `${edge}/refusals`, 200)
      await check('GET', `${edge}/refusals`, 401, undefined, 'wrong')
      await check('GET', `${edge}/quotas`, 200)
      await check('GET', `${edge}/quotas`, 401, undefined, 'wrong')
    }
    for (const path of ['/user/tokens/verify', '/accounts/{account_id}/tokens/verify']) {
      await check('GET', path, 200)
      await check('GET', path, 401, undefined, 'wrong')
    }
    for (const path of ['/accounts', '/zones', '/accounts/{account_id}', '/zones/{zone_id}']) {
      await check('GET', path, 200)
      await check('GET', path, 403, undefined, 'wrong')
    }
    await check('GET', '/user', 403)
    const { email = '', key = '' } = await admin(
      folder.path,
      ...['key', 'create', '--email', 'ops@example.com', '--zone', first.zoneId, '--permission', 'read'],
    )
    await check('GET', '/user', 200, undefined, { 'x-auth-email': email, 'x-auth-key': key })
    const operations = ROUTES.flatMap((route) => documentPaths(route).map((path) => `${route.method} ${path}`))
    // Every operation has succeeded and has refused.
    for (const operation of operations) {
      const ranges = [...seen]
        .filter((key) => key.startsWith(`${operation} `))
        .map((key) => key.slice(operation.length + 1))
      expect(
        ranges.some((range) => range.startsWith('20')),
        operation,
      ).toBe(true)
      expect(ranges, operation).toContain('4XX')
    }
  })

  it('serves the error page that errors link to', async () => {
    const refused = (await (await fetch(`${server.origin}/user/tokens/verify`)).json()) as {
      errors: [{ documentation_url: string }]
    }
    const url = new URL(refused.errors[0].documentation_url)
    const page = await fetch(url)
    expect(page.headers.get('content-type')).toBe('text/html; charset=UTF-8')
    expect(await page.text()).toContain(`id="${url.hash.slice(1)}"`)
  })
})

function fill(path: string, { accountId, zoneId }: FirstRun, certificateId: string, changeId: string): string {
  return path
    .replace('{account_id}', accountId)
    .replace('{zone_id}', zoneId)
    .replace('{certificate_id}', certificateId)
    .replace('{hostname}', 'a.example.com')
    .replace('{serial}', '0F:AB')
    .replace('{change_id}', changeId)
}
