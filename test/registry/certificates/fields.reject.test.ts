import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, post } from '../../support/api.ts'
import { freshTenant, soundBody, storedRows } from '../../support/requests.ts'

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeAll(async () => {
  tenant = await freshTenant()
})

let before: unknown
beforeEach(async () => {
  before = await storedRows()
})
afterEach(async () => {
  expect(await storedRows()).toEqual(before)
})

const send = (body: unknown): Promise<Answer> => post(tenant.accountPath, tenant.authorization, body)

/** The faults of an answer that must be an invalid_request: pointer and detail of each. */
function faults({ status, body }: Answer): (readonly [pointer: string | undefined, detail: string])[] {
  expect(status).toBe(400)
  expect(body).toMatchObject({ result: null, success: false, messages: [] })
  return body.errors.map(({ code, message, source }) => {
    expect(code).toBe(12130)
    expect(message).toMatch(/^access\.api\.error\.invalid_request: ./)
    return [source?.pointer, message.slice('access.api.error.invalid_request: '.length)]
  })
}

async function expectOneFault(body: unknown, pointer: string, detail: RegExp): Promise<void> {
  expect(faults(await send(body))).toEqual([[pointer, expect.stringMatching(detail)]])
}

describe('a body that is not an object', () => {
  it.each([
    ['null', 'null', /must be a JSON object, not null$/],
    ['an empty array', '[]', /must be a JSON object, not an array$/],
    ['an array of one sound body', JSON.stringify([soundBody()]), /must be a JSON object, not an array$/],
    ['a string', '"x"', /must be a JSON object, not a string$/],
    ['a number', '1', /must be a JSON object, not a number$/],
    ['true', 'true', /must be a JSON object, not a boolean$/],
  ])('%s', async (_, text, detail) => {
    await expectOneFault(text, '', detail)
  })
})

describe('a required field', () => {
  it.each(['name', 'certificate'])('%s that is missing', async (field) => {
    const { [field]: _, ...body } = soundBody()
    await expectOneFault(body, `/${field}`, new RegExp(`^${field} is required$`))
  })

  it.each(['name', 'certificate'])('%s that is only in __proto__', async (field) => {
    const { [field]: value, ...body } = soundBody()
    const text = `{"__proto__":${JSON.stringify({ [field]: value })},${JSON.stringify(body).slice(1)}`
    await expectOneFault(text, `/${field}`, new RegExp(`^${field} is required$`))
  })

  it('both, from an empty object', async () => {
    expect(faults(await send('{}'))).toEqual([
      ['/name', 'name is required'],
      ['/certificate', 'certificate is required'],
    ])
  })
})

const WRONG_TYPES = [
  ['a number', 1, 'a number'],
  ['zero', 0, 'a number'],
  ['true', true, 'a boolean'],
  ['false', false, 'a boolean'],
  ['an object', { length: 1, 0: 'x' }, 'an object'],
] as const

describe.each(['name', 'certificate'])('%s must be a string', (field) => {
  it.each([...WRONG_TYPES, ['null', null, 'null'] as const, ['an array', ['x'], 'an array'] as const])(
    'not %s',
    async (_, value, type) => {
      await expectOneFault(
        soundBody({ [field]: value }),
        `/${field}`,
        new RegExp(`^${field} must be a string, not ${type}$`),
      )
    },
  )

  it.each([
    ['half a pair at the start', '"\\ud800x"'],
    ['the wrong half', '"x\\udc00"'],
    ['a pair the wrong way round', '"\\udc00\\ud800"'],
  ])('not %s of surrogates', async (_, json) => {
    const { [field]: _value, ...body } = soundBody()
    const text = `{"${field}":${json},${JSON.stringify(body).slice(1)}`
    await expectOneFault(text, `/${field}`, new RegExp(`^${field} has half of a surrogate pair`))
  })
})

describe('name must be without U+0000', () => {
  it.each([
    ['alone', '\u0000'],
    ['at its start', '\u0000abc'],
    ['inside', 'a\u0000b'],
    ['at its end', 'abc\u0000'],
  ])('%s', async (_, name) => {
    await expectOneFault(soundBody({ name }), '/name', /^name has the character U\+0000$/)
  })
})

describe('name must have 1 to 350 characters', () => {
  it.each([
    ['0', ''],
    ['351', 'n'.repeat(351)],
    ['351', '🔐'.repeat(351)],
    ['100000', 'n'.repeat(100_000)],
  ])('not %s', async (count, name) => {
    await expectOneFault(soundBody({ name }), '/name', new RegExp(`^name must have 1 to 350 characters, not ${count}$`))
  })
})

describe('associated_hostnames must be an array of strings', () => {
  it.each([...WRONG_TYPES, ['a string', 'a.example', 'a string'] as const])('not %s', async (_, value, type) => {
    const detail = new RegExp(`^associated_hostnames must be an array of strings, not ${type}$`)
    await expectOneFault(soundBody({ associated_hostnames: value }), '/associated_hostnames', detail)
  })

  it.each([...WRONG_TYPES, ['null', null, 'null'] as const, ['an array', ['a.b'], 'an array'] as const])(
    'with no item that is %s',
    async (_, value, type) => {
      const detail = new RegExp(`^associated_hostnames\\[1\\] must be a string, not ${type}$`)
      const names = [tenant.domain, value, `b.${tenant.domain}`]
      await expectOneFault(soundBody({ associated_hostnames: names }), '/associated_hostnames/1', detail)
    },
  )

  it('of at most 1000', async () => {
    const names = Array.from({ length: 1001 }, (_, i) => `h${i}.${tenant.domain}`)
    const detail = /^associated_hostnames must have at most 1000 hostnames, not 1001$/
    await expectOneFault(soundBody({ associated_hostnames: names }), '/associated_hostnames', detail)
  })

  it('of at most 1000, counting duplicates', async () => {
    const names = Array<string>(1001).fill(tenant.domain)
    await expectOneFault(soundBody({ associated_hostnames: names }), '/associated_hostnames', /at most 1000/)
  })
})

describe('several faults come in one answer', () => {
  it('one of each field', async () => {
    const body = { name: '', certificate: 'x', associated_hostnames: ['ok.nobody.example', 'http://a.b'] }
    expect(faults(await send(body)).toSorted()).toEqual([
      ['/associated_hostnames/0', expect.stringMatching(/domain does not belong to zone/)],
      ['/associated_hostnames/1', expect.stringMatching(/scheme/)],
      ['/certificate', expect.stringMatching(/PEM/)],
      ['/name', expect.stringMatching(/1 to 350/)],
    ])
  })

  it('of a wrong type in each field', async () => {
    const body = { name: 1, certificate: null, associated_hostnames: {} }
    const pointers = faults(await send(body)).map(([pointer]) => pointer)
    expect(pointers.toSorted()).toEqual(['/associated_hostnames', '/certificate', '/name'])
  })

  it('of every hostname, each with its own index and reason', async () => {
    const names = [
      'a.nobody.example',
      `ok.${tenant.domain}`,
      '*.x',
      7,
      `ok.${tenant.domain}`,
      'b.nobody.example',
      '1.2.3.4',
    ]
    expect(faults(await send(soundBody({ associated_hostnames: names }))).toSorted()).toEqual([
      ['/associated_hostnames/0', expect.stringMatching(/^domain does not belong to zone: \w/)],
      ['/associated_hostnames/2', expect.stringMatching(/^associated_hostnames\[2\].*wildcard/)],
      ['/associated_hostnames/3', expect.stringMatching(/^associated_hostnames\[3\].*a string/)],
      ['/associated_hostnames/5', expect.stringMatching(/^domain does not belong to zone: \w/)],
      ['/associated_hostnames/6', expect.stringMatching(/^associated_hostnames\[6\].*IP address/)],
    ])
  })

  it('of every certificate in a bundle', async () => {
    const { certificate: sound } = soundBody()
    const junk = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'
    const junk2 = '-----BEGIN CERTIFICATE-----\nMQA=\n-----END CERTIFICATE-----\n'
    const answer = await send(soundBody({ certificate: `${junk}${sound}${junk2}`, name: '' }))
    expect(faults(answer)).toEqual([
      ['/name', expect.anything()],
      ['/certificate', expect.stringMatching(/^certificate\b.*\b1\b.*not a well-formed certificate/)],
      ['/certificate', expect.stringMatching(/^certificate\b.*\b3\b.*not a well-formed certificate/)],
    ])
  })
})
