import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { toBase64, toHex } from '../../../src/core/bytes.ts'
import { type Answer, post } from '../../support/api.ts'
import { certificate, pem, root } from '../../support/pki.ts'
import { addedId, freshTenant, soundBody } from '../../support/requests.ts'
import { addZone } from '../../support/tenants.ts'

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeAll(async () => {
  tenant = await freshTenant({ certificateQuota: 1000 })
})

const create = (more: Readonly<Record<string, unknown>>): Promise<Answer> =>
  post(tenant.accountPath, tenant.authorization, soundBody(more))

describe('name may be', () => {
  it.each([
    ['one character', 'x'],
    ['one blank', ' '],
    ['350 characters', 'n'.repeat(350)],
    ['350 characters of two bytes', 'é'.repeat(350)],
    ['350 emoji, 700 UTF-16 units', '🔐'.repeat(350)],
    ['350 code points that join to 50 emoji', '👨‍👩‍👧‍👦'.repeat(50)],
    ['the last code point 350 times', '\u{10ffff}'.repeat(350)],
    ['not in any normal form', 'e\u0301 \u00e9 \ufb01 \u212b'],
    ['right to left, with marks', '\u202eأ\u200f\u2066x\u2069'],
    ['markup and SQL', `<script>alert(1)</script>'; DROP TABLE certificates; -- ?1 :x $y "`],
    ['a certificate', root().slice(0, 350)],
    ['about private keys', 'we have no PRIVATE KEY here, BEGIN elsewhere'],
    ['blank at both ends', '  two  '],
    ['a byte order mark', '\ufeff'],
    ['a non-character', '\uffff\ufdd0'],
    ['control characters', '\u0001\b\t\n\r\u001f\u007f\u0085\u2028\u2029'],
  ])('%s, and is answered as it was sent', async (_, name) => {
    const answer = await create({ name })
    expect(answer.status).toBe(201)
    expect(answer.body.result?.['name']).toBe(name)
    const row = env.DB.prepare('SELECT name FROM certificates WHERE id = ?1').bind(addedId(answer))
    expect(await row.first('name')).toBe(name)
  })
})

describe('associated_hostnames', () => {
  const hostnames = async (sent: unknown): Promise<unknown> =>
    (await create({ associated_hostnames: sent })).body.result?.['associated_hostnames']

  it.each([
    ['absent', undefined],
    ['null', null],
    ['an empty list', []],
  ])('is an empty list in the answer if it was %s', async (_, sent) => {
    expect(await hostnames(sent)).toEqual([])
  })

  it('keeps order and case', async () => {
    const sent = ['zz', 'Aa', 'mm', 'aB', '0'].map((label) => `${label}.${tenant.domain}`)
    expect(await hostnames(sent)).toEqual(sent)
  })

  it('keeps the form of an internationalized name', async () => {
    const sent = [`Bücher.${tenant.domain}`, `xn--fa-hia.${tenant.domain}`]
    expect(await hostnames(sent)).toEqual(sent)
  })

  it.each([
    ['the same', ['a.#', 'b.#', 'a.#'], ['a.#', 'b.#']],
    ['the same in another case', ['A.#', 'a.#', 'b.#'], ['A.#', 'b.#']],
    ['the same with the zone in another case', ['a.#', 'a.T1.EXAMPLE'], ['a.#']],
    ['a U-label and its A-label', ['bücher.#', 'xn--bcher-kva.#'], ['bücher.#']],
    ['an A-label and its U-label in upper case', ['XN--BCHER-KVA.#', 'BÜCHER.#'], ['XN--BCHER-KVA.#']],
    ['the same with another dot', ['a.#', 'a。#'], ['a.#']],
    ['a hundred times the same', Array<string>(100).fill('a.#'), ['a.#']],
  ])('collapses duplicates to the first: %s', async (_, sent, kept) => {
    const inZone = (names: readonly string[]) => names.map((name) => name.replace('#', tenant.domain))
    expect(tenant.domain).toBe('t1.example')
    expect(await hostnames(inZone(sent))).toEqual(inZone(kept))
  })

  it('may have 1000 names', async () => {
    const sent = Array.from({ length: 1000 }, (_, i) => `h${i}.${tenant.domain}`)
    expect(await hostnames(sent)).toEqual(sent)
  })

  it('may have a name of 253 characters', async () => {
    const label = 'l'.repeat(63)
    const rest = 253 - 3 * 64 - tenant.domain.length - 1
    const sent = [label, label, label, 'r'.repeat(rest), tenant.domain].join('.')
    expect(sent).toHaveLength(253)
    expect(await hostnames([sent])).toEqual([sent])
  })

  it('may be on several certificates', async () => {
    const sent = [`shared.${tenant.domain}`]
    expect(await hostnames(sent)).toEqual(sent)
    expect(await hostnames(sent)).toEqual(sent)
  })

  it('may be in several zones of the account', async () => {
    await addZone(tenant.accountId, 'second.example')
    const sent = [`a.${tenant.domain}`, 'a.second.example']
    expect(await hostnames(sent)).toEqual(sent)
  })
})

describe('certificate may be', () => {
  const lines = (text: string): string[] => text.trimEnd().split('\n')
  const describeCertificate = 'Certificate:\n    Data:\n        Version: 3 (0x2)\n        Subject: CN=Test Root\n'

  it.each<[string, (sent: string) => string]>([
    ['as OpenSSL writes it', (sent) => sent],
    ['without the last newline', (sent) => sent.trimEnd()],
    ['with \\n in place of newlines, as the API reference sends it', (sent) => sent.replaceAll('\n', '\\n')],
    ['with \\n in place of newlines and none at the end', (sent) => sent.trimEnd().replaceAll('\n', '\\n')],
    ['with \\r\\n in place of newlines', (sent) => sent.replaceAll('\n', '\\r\\n')],
    ['with CRLF', (sent) => sent.replaceAll('\n', '\r\n')],
    ['with CR', (sent) => sent.replaceAll('\n', '\r')],
    ['indented by two blanks', (sent) => lines(sent).join('\n  ')],
    ['indented by tabs, with blanks at line ends', (sent) => lines(sent).join(' \n\t')],
    ['with blank lines all over', (sent) => `\n\n${lines(sent).join('\n\n')}\n\n \n`],
    ['with OpenSSL text before and after', (sent) => `${describeCertificate}${sent}${describeCertificate}`],
    ['with bag attributes before', (sent) => `Bag Attributes\n    localKeyID: 01 02\nsubject=CN=x\n${sent}`],
    [
      'on lines of 76 characters',
      (sent) => sent.replaceAll('\n', '').replace(/(-----)(?!BEGIN|END)(M.*?)(?=-----END)/, '$1\n$2\n'),
    ],
    ['with other text in any script', (sent) => `# Wurzel № 1 – 根証明書\n${sent}`],
    ['with a byte order mark', (sent) => `\ufeff${sent}`],
  ])('%s', async (_, written) => {
    const der = certificate()
    const sent = written(pem(der))
    const answer = await create({ certificate: sent })
    expect(answer.status).toBe(201)
    const chain = env.DB.prepare('SELECT hex(der) AS der FROM certificate_chain WHERE certificate_id = ?1')
    const rows = await chain.bind(addedId(answer)).all<{ der: string }>()
    expect(rows.results).toEqual([{ der: hex(der) }])
  })

  it('one long line of base64', async () => {
    const sent = `-----BEGIN CERTIFICATE-----\n${toBase64(certificate())}\n-----END CERTIFICATE-----`
    expect(await create({ certificate: sent })).toMatchObject({ status: 201 })
  })

  it('a bundle of 16', async () => {
    const bundle = Array.from({ length: 16 }, () => root())
    expect(await create({ certificate: bundle.join('') })).toMatchObject({ status: 201 })
  })
})

function hex(octets: Uint8Array): string {
  return toHex(octets).toUpperCase()
}
