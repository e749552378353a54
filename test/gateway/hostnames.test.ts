import { beforeAll, describe, expect, it } from 'vitest'
import { client, setUp, T, tlsClientAuth } from '../support/protected.ts'
import { addAccount, addZone } from '../support/tenants.ts'

/** All spellings of a hostname are the same hostname. What is not a hostname is refused, not open to everybody. */
describe('a protected hostname', () => {
  let gateway: Awaited<ReturnType<typeof setUp>>
  let good: object
  beforeAll(async () => {
    gateway = await setUp('xn--bcher-kva.example')
    good = tlsClientAuth(await client(gateway.root))
  })

  it.each([
    ['in upper case', 'ADMIN.XN--BCHER-KVA.EXAMPLE'],
    ['with U-labels', 'admin.bücher.example'],
    ['in full width', 'ａｄｍｉｎ.bücher.example'],
    ['with an ideographic full stop', 'admin。bücher.example'],
    ['with a final dot', 'admin.bücher.example.'],
    ['with a final ideographic full stop', 'admin.bücher.example。'],
    ['percent-encoded', '%61dmin%2Ebücher.example'],
    ['with a final dot, percent-encoded', 'admin.bücher.example%2E'],
    ['with a soft hyphen', 'ad\u00admin.bücher.example'],
    ['with a port', 'admin.bücher.example:8443'],
    ['with a final dot and a port', 'admin.bücher.example.:8443'],
    ['with a tab', 'ad\tmin.bücher.example'],
  ])('is the same %s', async (_, host) => {
    const { send, log } = gateway
    expect((await send({ url: `https://${host}/`, env: { UNPROTECTED: 'allow' } })).status).toBe(403)
    expect(log.at(-1)).toMatchObject({ code: 'no_certificate', hostname: 'admin.xn--bcher-kva.example' })
    expect((await send({ url: `https://${host}/`, auth: good })).status).toBe(200)
  })

  it.each([
    ['two final dots', 'admin.bücher.example..'],
    ['an empty label', 'admin..bücher.example'],
    ['an underscore', 'admin_.bücher.example'],
    ['IPv6', '[::ffff:127.0.0.1]'],
    ['IPv4 as a number', '2130706433'],
    ['IPv4 with a final dot', '127.0.0.1.'],
    ['a label of 64 octets', `${'a'.repeat(64)}.example`],
    ['254 octets', `${'a.'.repeat(125)}exam`],
  ])('does not have %s: nobody is let in', async (_, host) => {
    const { send } = gateway
    const url = `https://${host}/`
    for (const UNPROTECTED of ['refuse', 'allow'])
      expect((await send({ url, auth: good, env: { UNPROTECTED } })).status).toBe(403)
  })
})

describe('a hostname that a more specific zone of another account takes over', () => {
  it('no longer has its former clients and mode, after the age of the cache', async () => {
    const { root, send, hostname } = await setUp('taken-over.example')
    const auth = tlsClientAuth(await client(root))
    expect((await send({ auth })).status).toBe(200)
    await addZone(await addAccount(), hostname)
    expect((await send({ auth, at: T + 10_000 })).status).toBe(403)
  })
})
