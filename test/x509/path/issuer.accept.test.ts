import { describe, expect, it } from 'vitest'
import { oid, seq, time } from '../../../src/testing/der.ts'
import { basicConstraints, extension, extKeyUsage, keyUsage } from '../../../src/testing/extensions.ts'
import {
  ANY_PURPOSE_OID,
  CLIENT_AUTH_OID,
  ca,
  type IssueParts,
  issue,
  issueLeaf,
  KEY_CERT_SIGN,
  newKeys,
  pathOf,
  SERVER_AUTH_OID,
} from '../../support/x509/chain.ts'

describe('an issuer may have', () => {
  it.each<readonly [rule: string, parts: IssueParts]>([
    ['no keyUsage', { extensions: [basicConstraints(true)] }],
    ['keyCertSign among other usages', { extensions: [basicConstraints(true), keyUsage(0x86, 1)] }],
    ['extKeyUsage with the purpose', { extensions: ca(extKeyUsage(SERVER_AUTH_OID, CLIENT_AUTH_OID)) }],
    ['extKeyUsage with anyExtendedKeyUsage', { extensions: ca(extKeyUsage(ANY_PURPOSE_OID)) }],
    ['basicConstraints that are not critical', { extensions: [extension('2.5.29.19', seq(Uint8Array.of(1, 1, 255)))] }],
    [
      'extensions that decide nothing, malformed',
      { extensions: ca(...['2.5.29.17', '2.5.29.18', '2.5.29.31', '2.5.29.35'].map((id) => extension(id, seq()))) },
    ],
    [
      'critical policies, which are processed',
      { extensions: ca(extension('2.5.29.32', seq(seq(oid('1.2.3'))), true)) },
    ],
  ])('%s', async (_rule, parts) => {
    const root = await issue({ cn: 'Root', ...parts })
    const intermediate = await issue({ cn: 'CA', by: root, ...parts })
    const leaf = await issueLeaf(intermediate)
    expect(await pathOf({ leaf, chain: [intermediate], anchors: [root] })).toEqual(['client', 'CA', 'Root'])
  })
})

describe('pathLenConstraint is kept', () => {
  it('0 directly above the leaf, even if the leaf is a CA', async () => {
    const root = await issue({ cn: 'Root', extensions: [basicConstraints(true, 0), KEY_CERT_SIGN] })
    for (const extensions of [undefined, ca()]) {
      const leaf = await issueLeaf(root, extensions && { extensions })
      expect(await pathOf({ leaf, anchors: [root] })).toEqual(['client', 'Root'])
    }
  })

  it('a larger one further down changes nothing', async () => {
    const root = await issue({ cn: 'Root', extensions: [basicConstraints(true, 1), KEY_CERT_SIGN] })
    const middle = await issue({ cn: 'CA', by: root, extensions: [basicConstraints(true, 9), KEY_CERT_SIGN] })
    expect(await pathOf({ leaf: await issueLeaf(middle), chain: [middle], anchors: [root] })).toHaveLength(3)
  })

  it('self-issued CAs do not count: a key rollover below pathLen 0', async () => {
    const root = await issue({ cn: 'Root', extensions: [basicConstraints(true, 0), KEY_CERT_SIGN] })
    const rolled = await issue({ cn: 'Root', by: root, keys: await newKeys() })
    const leaf = await issueLeaf(rolled)
    expect(await pathOf({ leaf, chain: [rolled], anchors: [root] })).toEqual(['client', 'Root', 'Root'])
  })
})

it('issuers count as valid in the first and in the last second of their validity', async () => {
  const period = { notBefore: time('2026-03-01T00:00:00Z'), notAfter: time('2026-04-01T00:00:00Z') }
  const root = await issue({ cn: 'Root', ...period })
  const middle = await issue({ cn: 'CA', by: root, ...period })
  const given = { leaf: await issueLeaf(middle), chain: [middle], anchors: [root] }
  const [first, last] = [Date.UTC(2026, 2, 1) / 1000, Date.UTC(2026, 3, 1) / 1000]
  expect(await pathOf({ ...given, at: first })).toHaveLength(3)
  expect(await pathOf({ ...given, at: last + 0.999 })).toHaveLength(3)
  expect(await pathOf({ ...given, at: first - 0.001 })).toBe('not_yet_valid')
  expect(await pathOf({ ...given, at: last + 1 })).toBe('expired')
})

it('maxPathLength counts neither the leaf nor self-issued CAs', async () => {
  const root = await issue({ cn: 'Root' })
  const middle = await issue({ cn: 'CA', by: root })
  const rolled = await issue({ cn: 'CA', by: middle })
  expect(await pathOf({ leaf: await issueLeaf(root), anchors: [root], maxPathLength: 0 })).toHaveLength(2)
  const given = { leaf: await issueLeaf(rolled), chain: [rolled, middle], anchors: [root] }
  expect(await pathOf({ ...given, maxPathLength: 1 })).toHaveLength(4)
  expect(await pathOf({ ...given, maxPathLength: 0 })).toBe('limit_reached')
})

it('maxPathLength counts like pathLenConstraint', async () => {
  const root = await issue({ cn: 'Root' })
  const middle = await issue({ cn: 'CA', by: root })
  const leaf = await issueLeaf(middle)
  expect(await pathOf({ leaf, chain: [middle], anchors: [root], maxPathLength: 1 })).toHaveLength(3)
  expect(await pathOf({ leaf, chain: [middle], anchors: [root], maxPathLength: 0 })).toBe('limit_reached')
})
