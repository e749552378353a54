import { beforeAll, describe, expect, it } from 'vitest'
import { toBase64 } from '../../src/core/bytes.ts'
import { pem } from '../support/pki.ts'
import { client, setUp, tlsClientAuth } from '../support/protected.ts'
import { type Issued, issue } from '../support/x509/chain.ts'

/** Whatever `request.cf.tlsClientAuth` contains, only a complete and valid leaf is let in. */
describe('a request.cf.tlsClientAuth', () => {
  let gateway: Awaited<ReturnType<typeof setUp>>
  let good: Issued
  let stranger: Issued
  beforeAll(async () => {
    gateway = await setUp('handshake.example', true)
    good = await client(gateway.root)
    stranger = await client(await issue({ cn: 'stranger' }))
  })

  const bytes = ({ der }: Issued) => `:${toBase64(der)}:`

  it.each<[string, () => object, number, string?]>([
    ['is nothing', () => ({}), 403, 'no_certificate'],
    ['is null', () => ({ ...tlsClientAuth(good), certRFC9440: null }), 403, 'no_certificate'],
    ['was not presented', () => ({ ...tlsClientAuth(good), certPresented: '0' }), 403, 'no_certificate'],
    ['has no certPresented', () => ({ ...tlsClientAuth(good), certPresented: undefined }), 403, 'no_certificate'],
    ['has only these two keys', () => ({ certPresented: '1', certRFC9440: bytes(good) }), 200],
    ['holds two leaves, the good one first', () => text(`${bytes(good)}, ${bytes(stranger)}`), 403],
    ['holds two leaves, the good one last', () => text(`${bytes(stranger)}, ${bytes(good)}`), 403],
    ['ends with a comma', () => text(`${bytes(good)},`), 403],
    ['begins with a comma', () => text(`,${bytes(good)}`), 403],
    ['is an empty byte sequence', () => text('::'), 403],
    ['is nothing but padding', () => text(':====:'), 403],
    ['has a parameter', () => text(`${bytes(good)};a=1`), 403],
    ['is base64 without colons', () => text(toBase64(good.der)), 403],
    ['is base64url', () => text(bytes(good).replaceAll('+', '-').replaceAll('/', '_').replace('A', '_')), 403],
    ['has a blank inside', () => text(bytes(good).replace('A', 'A ')), 403],
    ['has an octet more', () => text(`:${toBase64(Uint8Array.of(...good.der, 0))}:`), 403],
    ['has an octet less', () => text(`:${toBase64(good.der.slice(0, -1))}:`), 403],
    ['is PEM of two', () => text(pem(good.der) + pem(stranger.der)), 403],
    ['has a good chain under a strange leaf', () => tlsClientAuth(stranger, [good, gateway.root]), 403, 'no_issuer'],
    ['has the leaf in its chain, too', () => tlsClientAuth(good, [good, good]), 200],
    ['is a number', () => ({ ...tlsClientAuth(good), certRFC9440: 1 }), 403, 'certificate_unreadable'],
    ['is a list', () => ({ ...tlsClientAuth(good), certRFC9440: [bytes(good)] }), 403, 'certificate_unreadable'],
    ['is an object', () => ({ ...tlsClientAuth(good), certRFC9440: { toString: 1 } }), 403, 'certificate_unreadable'],
    ['has a chain that is null', () => ({ ...tlsClientAuth(good), certChainRFC9440: null }), 200],
    ['has a chain that is a number', () => ({ ...tlsClientAuth(good), certChainRFC9440: 2 ** 53 }), 403],
    ['has a chain that is a list', () => ({ ...tlsClientAuth(good), certChainRFC9440: [] }), 403],
    ['has a chain that cannot be read', () => tlsClientAuth(good, [], { certChainRFC9440: ':AAAA' }), 403],
    [
      'also has a chain of malformed certificates',
      () => tlsClientAuth(good, [], { certChainRFC9440: ':AAAA:, :MAA=:' }),
      200,
    ],
    [
      'has a chain with an empty item',
      () => tlsClientAuth(good, [], { certChainRFC9440: `${bytes(stranger)},,` }),
      403,
    ],
  ])('that %s', async (_, auth, status, code) => {
    const { send, behind, log } = gateway
    const before = behind.requests.length
    expect((await send({ auth: auth() })).status).toBe(status)
    expect(behind.requests).toHaveLength(before + (status === 200 ? 1 : 0))
    if (status === 403) expect(log.at(-1)).toMatchObject({ code: code ?? expect.any(String) })
    else expect(behind.requests.at(-1)?.headers.get('client-cert')).toBe(bytes(good))
  })

  const text = (certRFC9440: string) => tlsClientAuth(good, [], { certRFC9440 })
})
