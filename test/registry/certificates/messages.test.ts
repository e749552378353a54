import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { post } from '../../support/api.ts'
import { countingDatabase } from '../../support/counting-db.ts'
import { edgePath } from '../../support/edge-routes.ts'
import { add, faults, put, SCOPES, type Tenant } from '../../support/family.ts'
import { certificate, pem } from '../../support/pki.ts'
import { freshTenant, soundBody } from '../../support/requests.ts'

/** Messages about something surprising: status and result are the same as without them. */
let tenant: Tenant
beforeAll(async () => {
  tenant = await freshTenant({ certificateQuota: 1000 })
})

const FIELDS = 'its fields are name, certificate and associated_hostnames'
const ignored = (name: string, nearest?: string, fields = FIELDS) => ({
  code: 12943,
  message: `${name} is not a field of this request and was ignored;${nearest === undefined ? '' : ` did you mean ${nearest}?`} ${fields}`,
  source: { pointer: `/${name}` },
})

describe('a field that is not read', () => {
  it.each<[string, string | undefined]>([
    ['hostnames', 'associated_hostnames'],
    ['hostname', 'associated_hostnames'],
    ['associated_hostname', 'associated_hostnames'],
    ['associatedHostnames', 'associated_hostnames'],
    ['asociated_hostnames', 'associated_hostnames'],
    ['cert', 'certificate'],
    ['certificates', 'certificate'],
    ['certficate', 'certificate'],
    ['certificate_pem', 'certificate'],
    ['Certificate', 'certificate'],
    ['nmae', 'name'],
    ['names', 'name'],
    ['NAME', 'name'],
    ['title', undefined],
    ['comment', undefined],
    ['x', undefined],
  ])('in POST: %s, perhaps %s', async (field, nearest) => {
    const answer = await post(tenant.accountPath, tenant.authorization, soundBody({ [field]: 'x' }))
    expect(answer).toMatchObject({ status: 201, body: { messages: [ignored(field, nearest)] } })
  })

  it.each(SCOPES)('in PUT of %s', async (scope) => {
    const { path } = await add(tenant[scope], tenant.authorization)
    const answer = await put(path, tenant.authorization, { name: 'x', hostnames: [`a.${tenant.domain}`] })
    const fields = 'its fields are name and associated_hostnames'
    expect(answer).toMatchObject({
      status: 200,
      body: { result: { associated_hostnames: [] }, messages: [ignored('hostnames', 'associated_hostnames', fields)] },
    })
  })

  it('gets no message if it is a field of the answer, since clients send these back', async () => {
    const shape = { id: 'x', fingerprint: 'x', expires_on: '0001-01-01T00:00:00Z', created_at: 'x', updated_at: 'x' }
    const answer = await post(tenant.accountPath, tenant.authorization, soundBody(shape))
    expect(answer).toMatchObject({ status: 201, body: { messages: [] } })
    const path = `${tenant.accountPath}/${String(answer.body.result?.['id'])}`
    const changed = await put(path, tenant.authorization, { ...shape, certificate: 'x', name: 'y' })
    expect(changed).toMatchObject({ status: 200, body: { messages: [] } })
  })

  it('gets ten messages at most, and no message repeats an arbitrary name', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`field${i}`, 1]))
    const odd = { [`${'x'.repeat(51)}`]: 1, 'a b': 1, '<script>': 1, 'secret=hunter2': 1, '': 1 }
    const answer = await post(tenant.accountPath, tenant.authorization, soundBody({ ...odd, ...many }))
    expect(answer.status).toBe(201)
    expect(answer.body.messages.map(({ source }) => source?.pointer)).toEqual(
      Array.from({ length: 10 }, (_, i) => `/field${i}`),
    )
  })

  it('is named in the fault of a missing field that was probably meant', async () => {
    const { certificate: sent, name } = soundBody()
    const answer = await post(tenant.accountPath, tenant.authorization, { name, cert: sent })
    expect(faults(answer)).toEqual([['/certificate', 'certificate is required; cert is not a field of this request']])
    const other = await post(tenant.accountPath, tenant.authorization, { title: name, certificate: sent })
    expect(faults(other)).toEqual([['/name', 'name is required']])
  })

  it('in the settings’ PUT, and in its entries', async () => {
    const path = `${tenant.accountPath}/settings`
    const one = { hostname: tenant.domain, client_certificate_forward: true }
    const answer = await put(path, tenant.authorization, { settings: [one], hostname: 'x' })
    expect(answer.status).toBe(202)
    expect(answer.body.messages).toMatchObject([
      { code: 12943, message: expect.stringMatching(/its fields are settings$/), source: { pointer: '/hostname' } },
      {
        code: 12943,
        message: expect.stringMatching(/did you mean client_certificate_forwarding\?/),
        source: { pointer: '/settings/0/client_certificate_forward' },
      },
    ])
    const many = Array.from({ length: 1000 }, (_, i) => ({ hostname: `h${i}.${tenant.domain}`, x: 1 }))
    expect((await put(path, tenant.authorization, { settings: many })).body.messages).toHaveLength(10)
  })

  it('in a request for a decision', async () => {
    const { path } = await add(tenant.accountPath, tenant.authorization, { associated_hostnames: [tenant.domain] })
    const verify = edgePath(path).replace(/certificates\/.*$/, 'verify')
    const body = { hostname: tenant.domain, certificate: pem(certificate()), chains: 'x' }
    const answer = await post(verify, tenant.authorization, body)
    expect(answer).toMatchObject({
      status: 200,
      body: { messages: [{ code: 12943, message: expect.stringMatching(/did you mean chain\?/) }] },
    })
  })
})

describe('a PUT that removes all hostnames', () => {
  const emptied = (hostnames: readonly string[], more = '') => ({
    code: 12941,
    message: `this certificate is associated with no hostname any more, so its CAs let nobody in: a PUT without associated_hostnames removes them all. To put them back, PUT {"associated_hostnames": ${JSON.stringify(hostnames)}}${more}`,
    source: { pointer: '/associated_hostnames' },
  })

  it.each<[string, unknown]>([
    ['{}', {}],
    ['null', { associated_hostnames: null }],
    ['an empty list', { associated_hostnames: [] }],
    ['a name alone', { name: 'x' }],
  ])('lists them, and says how to restore them: %s', async (_, body) => {
    const hostnames = [`Zz.${tenant.domain}`, `a.${tenant.domain}`]
    const { path } = await add(tenant.zonePath, tenant.authorization, { associated_hostnames: hostnames })
    const answer = await put(path, tenant.authorization, body)
    expect(answer).toMatchObject({ status: 200, body: { messages: [emptied(hostnames)] } })
    expect((await put(path, tenant.authorization, body)).body.messages).toEqual([])
    const back = JSON.parse(/PUT (\{.*\})$/.exec(answer.body.messages[0]?.message ?? '')?.[1] ?? '')
    expect((await put(path, tenant.authorization, back)).body).toMatchObject({
      result: { associated_hostnames: hostnames },
      messages: [],
    })
  })

  it('lists a hundred, and counts the others', async () => {
    const hostnames = Array.from({ length: 103 }, (_, i) => `h${i}.${tenant.domain}`)
    const { path } = await add(tenant.zonePath, tenant.authorization, { associated_hostnames: hostnames })
    const { body } = await put(path, tenant.authorization, {})
    expect(body.messages).toEqual([emptied(hostnames.slice(0, 100), ' and 3 more')])
  })

  it('takes one batch, like a PUT that removes some', async () => {
    const hostnames = [`a.${tenant.domain}`, `b.${tenant.domain}`]
    const { path } = await add(tenant.zonePath, tenant.authorization, { associated_hostnames: hostnames })
    for (const associated_hostnames of [hostnames.slice(1), []]) {
      const { db, calls } = countingDatabase(env.DB)
      const options = { env: { DB: db } }
      const { body } = await put(path, tenant.authorization, { associated_hostnames }, options)
      expect(calls).toEqual(['batch'])
      expect(body.messages).toHaveLength(associated_hostnames.length === 0 ? 1 : 0)
    }
  })

  it('has no message if it is refused, nor for anyone else', async () => {
    const hostnames = [`a.${tenant.domain}`]
    const { path } = await add(tenant.zonePath, tenant.authorization, { associated_hostnames: hostnames })
    const other = await freshTenant()
    for (const [authorization, body] of [
      [other.authorization, {}],
      [tenant.authorization, { name: '' }],
    ] as const) {
      const answer = await put(path, authorization, body)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.text).not.toContain(hostnames[0])
    }
  })
})

it('each message points at its section of the error page', async () => {
  const { path } = await add(tenant.zonePath, tenant.authorization, { associated_hostnames: [tenant.domain] })
  const { text } = await put(path, tenant.authorization, { hostnames: [] })
  expect(JSON.parse(text).messages).toMatchObject([
    { code: 12941, documentation_url: 'https://api.example/docs/errors#12941' },
    { code: 12943, documentation_url: 'https://api.example/docs/errors#12943' },
  ])
})
