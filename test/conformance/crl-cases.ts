import type { ConformanceCase, ExpectedResult } from '../../scripts/conformance/case.ts'
import { ascii, type Bytes, bits, implicit, int, oid, seq, time, tlv, utf8 } from '../../src/testing/der.ts'
import {
  basicConstraints,
  crlNumber,
  extension,
  issuingDistributionPoint,
  keyUsage,
} from '../../src/testing/extensions.ts'
import { sign } from '../../src/testing/keys.ts'
import { pem } from '../support/pki.ts'
import { type Issued, type IssueParts, issue, issueLeaf, newKeys, tbsOf } from '../support/x509/chain.ts'
import { type CrlParts, issueCrl, manyEntries, unknownExtension } from '../support/x509/make-crl.ts'
import { revoking, serialOf } from '../support/x509/revocations.ts'

/** The cases of x509-limbo on CRLs, by their names there, with certificates and CRLs that are made here. */

const CRL_SIGN = { extensions: [basicConstraints(true), keyUsage(0x06, 1)] }
const AT = '2026-06-01T00:00:00Z'

const root = await issue({ cn: 'Root', ...CRL_SIGN })
const leaf = await issueLeaf(root)
/** A serial number that no certificate has. */
const STRANGER = { serial: 0x7a_7a_7a_7a }

interface Situation {
  readonly trusted?: readonly Issued[]
  readonly intermediates?: readonly Issued[]
  readonly leaf?: { readonly der: Bytes }
  readonly crls: readonly Bytes[]
  readonly at?: string
}

function asCase(id: string, expected: ExpectedResult, situation: Situation): ConformanceCase {
  const { trusted = [root], intermediates = [], leaf: peer = leaf, crls, at = AT } = situation
  return {
    id,
    validation_kind: 'CLIENT',
    trusted_certs: trusted.map(({ der }) => pem(der)),
    untrusted_intermediates: intermediates.map(({ der }) => pem(der)),
    peer_certificate: pem(peer.der),
    validation_time: at,
    extended_key_usage: ['clientAuth'],
    key_usage: [],
    expected_result: expected,
    crls: crls.map((der) => pem(der, 'X509 CRL')),
  }
}

const crls = async (parts: CrlParts, by: Issued = root) => [await issueCrl(by, parts)]

const uri = (text: string) => implicit(6, ascii(text))
const dns = (text: string) => implicit(2, ascii(text))
const fullName = (...names: readonly Bytes[]) => tlv(0xa0, tlv(0xa0, ...names))
const [ONE, OTHER] = ['http://example.com/cdp.crl', 'http://example.com/other.crl']
const idp = (...members: readonly Bytes[]): CrlParts => ({ moreExtensions: [issuingDistributionPoint(members)] })
/** A leaf whose cRLDistributionPoints have one point with these names. */
const pointing = (...names: readonly Bytes[]) => {
  const points = extension('2.5.29.31', seq(seq(fullName(...names))))
  return issueLeaf(root, { extensions: [keyUsage(0x80, 7), CLIENT_AUTH, points] })
}
const CLIENT_AUTH = extension('2.5.29.37', seq(oid('1.3.6.1.5.5.7.3.2')))

/** A root with another keyUsage, and a leaf below it. */
async function withRoot(parts: IssueParts, crl: CrlParts = { revoked: [STRANGER] }): Promise<Situation> {
  const by = await issue({ cn: 'Root', ...parts })
  return { trusted: [by], leaf: await issueLeaf(by), crls: await crls(crl, by) }
}

/** The same list, signed by another key. */
async function resigned(der: Bytes, by: Pick<Issued, 'keys'>): Promise<Bytes> {
  const tbs = tbsOf(der)
  return seq(tbs, by.keys.signing.identifier, bits(await sign(tbs, by.keys)))
}

async function namesakes(): Promise<{ readonly one: Issued; readonly two: Issued; readonly client: Issued }> {
  const one = await issue({ cn: 'Root CA 1', ...CRL_SIGN })
  return { one, two: await issue({ cn: 'Root CA 2', ...CRL_SIGN }), client: await issueLeaf(one) }
}

const NOBODY = { keys: await newKeys() }
const SUCCESS = 'SUCCESS'
const FAILURE = 'FAILURE'

/** By name: what x509-limbo expects, and the situation. */
const SITUATIONS: Readonly<Record<string, readonly [ExpectedResult, () => Promise<Situation>]>> = {
  'revoked-certificate-with-crl': [FAILURE, async () => ({ crls: await crls({ revoked: [revoking(leaf)] }) })],
  'certificate-not-on-crl': [SUCCESS, async () => ({ crls: await crls({ revoked: [STRANGER, { serial: 0x7b }] }) })],
  'certificate-serial-on-crl-different-issuer': [
    SUCCESS,
    async () => {
      const { one, two, client } = await namesakes()
      const lists = [await issueCrl(one), await issueCrl(two, { revoked: [revoking(client)] })]
      return { trusted: [one, two], leaf: client, crls: lists }
    },
  ],
  'crlnumber-missing': [FAILURE, async () => ({ crls: await crls({ extensions: null, revoked: [STRANGER] }) })],
  'crlnumber-critical': [
    FAILURE,
    async () => ({ crls: await crls({ extensions: [crlNumber(12_345, true)], revoked: [STRANGER] }) }),
  ],
  'issuer-missing-crlsign': [FAILURE, () => withRoot({ extensions: [basicConstraints(true), keyUsage(0x04, 2)] })],
  'issuer-no-keyusage-extension': [SUCCESS, () => withRoot({ extensions: [basicConstraints(true)] })],
  'issuer-valid-crlsign-and-keycertsign': [SUCCESS, () => withRoot(CRL_SIGN)],
  'crl-invalid-signature': [
    FAILURE,
    async () => ({ crls: [await resigned(await issueCrl(root, { revoked: [STRANGER] }), NOBODY)] }),
  ],
  'crl-wrong-signing-key': [
    FAILURE,
    async () => {
      const { one, two, client } = await namesakes()
      const lists = await crls({ issuer: one.subject, revoked: [STRANGER] }, two)
      return { trusted: [one, two], leaf: client, crls: lists }
    },
  ],
  'crl-empty': [SUCCESS, async () => ({ crls: await crls({}) })],
  'crl-very-large': [
    SUCCESS,
    async () => ({ crls: await crls({ revoked: manyEntries(10_000, { serialBytes: 20 }) }) }),
  ],
  'crl-unknown-critical-extension': [
    FAILURE,
    async () => ({ crls: await crls({ moreExtensions: [unknownExtension(true)], revoked: [STRANGER] }) }),
  ],
  'crl-unknown-noncritical-extension': [
    SUCCESS,
    async () => ({ crls: await crls({ moreExtensions: [unknownExtension(false)], revoked: [STRANGER] }) }),
  ],
  'entry-unknown-critical-extension': [
    FAILURE,
    async () => ({ crls: await crls({ revoked: [revoking(leaf, { extensions: [unknownExtension(true)] })] }) }),
  ],
  'entry-unknown-noncritical-extension': [
    FAILURE,
    async () => ({ crls: await crls({ revoked: [revoking(leaf, { extensions: [unknownExtension(false)] })] }) }),
  ],
  'crl-duplicate-revoked-serial': [FAILURE, async () => ({ crls: await crls({ revoked: [STRANGER, STRANGER] }) })],
  'this-update-in-future': [FAILURE, async () => ({ crls: await crls({ thisUpdate: time('2026-06-02T00:00:00Z') }) })],
  'next-update-in-past': [
    FAILURE,
    async () => ({
      crls: await crls({ thisUpdate: time('2026-04-01T00:00:00Z'), nextUpdate: time('2026-05-01T00:00:00Z') }),
    }),
  ],
  'revocation-date-in-future': [
    FAILURE,
    async () => ({ crls: await crls({ revoked: [revoking(leaf, { revokedAt: time('2026-06-02T00:00:00Z') })] }) }),
  ],
  'revocation-date-before-not-before': [
    FAILURE,
    async () => {
      const client = await issueLeaf(root, { notBefore: time('2026-05-02T00:00:00Z') })
      const revokedAt = time('2026-04-02T00:00:00Z')
      return { leaf: client, crls: await crls({ revoked: [revoking(client, { revokedAt })] }) }
    },
  ],
  'crl-validity-no-overlap': [
    FAILURE,
    async () => ({
      leaf: await issueLeaf(root, { notBefore: time('2026-05-02T00:00:00Z') }),
      crls: await crls({ thisUpdate: time('2025-06-01T00:00:00Z'), nextUpdate: time('2025-12-01T00:00:00Z') }),
    }),
  ],
  'idp-cdp-scope-mismatch': [
    FAILURE,
    async () => ({ leaf: await pointing(uri(ONE)), crls: await crls(idp(fullName(uri(OTHER)))) }),
  ],
  'idp-cdp-scope-match': [
    SUCCESS,
    async () => ({ leaf: await pointing(uri(ONE)), crls: await crls(idp(fullName(uri(ONE)))) }),
  ],
  'idp-only-contains-user-certs-ca-target': [
    FAILURE,
    async () => {
      const middle = await issue({ cn: 'CA', by: root, ...CRL_SIGN })
      const lists = [await issueCrl(root, idp(implicit(1, [0xff]))), await issueCrl(middle)]
      return { intermediates: [middle], leaf: await issueLeaf(middle), crls: lists }
    },
  ],
  'idp-only-contains-ca-certs-ee-target': [FAILURE, async () => ({ crls: await crls(idp(implicit(2, [0xff]))) })],
  'idp-only-contains-attribute-certs': [FAILURE, async () => ({ crls: await crls(idp(implicit(5, [0xff]))) })],
  'idp-present-certificate-missing-cdp': [FAILURE, async () => ({ crls: await crls(idp(fullName(uri(ONE)))) })],
  'idp-present-certificate-cdp-non-uri-generalname': [
    FAILURE,
    async () => ({ leaf: await pointing(uri(ONE), dns('example.com')), crls: await crls(idp(fullName(uri(ONE)))) }),
  ],
  'idp-name-relative-to-crl-issuer': [
    FAILURE,
    async () => ({ crls: await crls(idp(tlv(0xa0, tlv(0xa1, seq(oid('2.5.4.3'), utf8('partition')))))) }),
  ],
  'idp-fullname-non-uri-generalname': [
    FAILURE,
    async () => ({ leaf: await pointing(uri(ONE)), crls: await crls(idp(fullName(uri(ONE), dns('example.com')))) }),
  ],
  'idp-indirect-crl': [
    FAILURE,
    async () => ({ leaf: await pointing(uri(ONE)), crls: await crls(idp(fullName(uri(ONE)), implicit(4, [0xff]))) }),
  ],
  'idp-only-some-reasons-no-complete-crl': [
    FAILURE,
    async () => ({ leaf: await pointing(uri(ONE)), crls: await crls(idp(fullName(uri(ONE)), implicit(3, [6, 0x40]))) }),
  ],
  'idp-uri-not-byte-identical': [
    FAILURE,
    async () => ({
      leaf: await pointing(uri('http://example.com/crls/%73hard.crl')),
      crls: await crls(idp(fullName(uri('http://example.com/crls/shard.crl')))),
    }),
  ],
  'crl-invalid-version': [SUCCESS, async () => ({ crls: await crls({ version: int(2), revoked: [revoking(leaf)] }) })],
  'crl-update-generalizedtime-2025': [
    SUCCESS,
    async () => {
      const [thisUpdate, nextUpdate] = ['20250101000000Z', '20251231000000Z'].map((text) => tlv(0x18, ascii(text)))
      const parts = { ...(thisUpdate && { thisUpdate }), ...(nextUpdate && { nextUpdate }), revoked: [revoking(leaf)] }
      return { crls: await crls(parts), at: '2025-06-01T00:00:00Z' }
    },
  ],
  'crl-missing-next-update': [
    SUCCESS,
    async () => ({ crls: await crls({ nextUpdate: null, revoked: [revoking(leaf)] }) }),
  ],
}

/** All of these as cases in the schema of x509-limbo. */
export async function limboCrlCases(): Promise<readonly ConformanceCase[]> {
  const cases: ConformanceCase[] = []
  for (const [name, [expected, situation]] of Object.entries(SITUATIONS)) {
    cases.push(asCase(name, expected, await situation()))
  }
  return cases
}

/** Cases that x509-limbo does not have: several CRLs for one path, and CRLs of other CAs. */
export async function moreCrlCases(): Promise<readonly ConformanceCase[]> {
  const middle = await issue({ cn: 'CA', by: root, ...CRL_SIGN })
  const below = await issueLeaf(middle)
  const other = await issue({ cn: 'Other', ...CRL_SIGN })
  const unusable = await issueCrl(root, { moreExtensions: [unknownExtension(true)] })
  const forged = await resigned(await issueCrl(root, { revoked: [revoking(leaf)] }), NOBODY)
  return [
    asCase('no CRL', SUCCESS, { crls: [] }),
    asCase('a CRL of a CA that is not on the path', SUCCESS, { trusted: [root, other], crls: await crls({}, other) }),
    asCase('a CRL of nobody here', SUCCESS, { crls: await crls({ revoked: [revoking(leaf)] }, other) }),
    asCase('what is no CRL', SUCCESS, { crls: [leaf.der] }),
    asCase('a CRL that is not to be used, beside one that is', SUCCESS, { crls: [unusable, await issueCrl(root)] }),
    asCase('a forged CRL that lists it, beside a real one', SUCCESS, { crls: [forged, await issueCrl(root)] }),
    asCase('a revoked intermediate', FAILURE, {
      intermediates: [middle],
      leaf: below,
      crls: await crls({ revoked: [{ serial: serialOf(middle) }] }),
    }),
    asCase('an unusable CRL over the intermediate', FAILURE, {
      intermediates: [middle],
      leaf: below,
      crls: [unusable, await issueCrl(middle)],
    }),
    asCase('CRLs of both CAs', SUCCESS, {
      intermediates: [middle],
      leaf: below,
      crls: [await issueCrl(root), await issueCrl(middle)],
    }),
  ]
}
