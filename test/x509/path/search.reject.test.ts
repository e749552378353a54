import { describe, expect, it } from 'vitest'
import { type Bytes, implicit, octets, oid, seq, set, time, utf8 } from '../../../src/testing/der.ts'
import { basicConstraints, extension, keyUsage } from '../../../src/testing/extensions.ts'
import {
  ca,
  DIGITAL_SIGNATURE,
  decide,
  type Issued,
  issue,
  issueChain,
  issueLeaf,
  newKeys,
  refusal,
  UNKNOWN_CRITICAL,
} from '../../support/x509/chain.ts'

const [root, ca1] = (await issueChain(2)) as [Issued, Issued]
const stranger = await issue({ cn: 'Stranger' })

describe('no path, and why', () => {
  it('no anchors', async () => {
    expect(await refusal({ leaf: await issueLeaf(root), anchors: [] })).toMatchObject({ code: 'no_anchors' })
  })

  it('the issuer of the leaf is unknown', async () => {
    expect(await refusal({ leaf: await issueLeaf(stranger), anchors: [root] })).toMatchObject({
      fault: { reason: 'no_issuer', issuer: 'CN=Stranger', because: 'absent' },
      certificate: { role: 'leaf' },
      openssl: 'unable to get local issuer certificate',
    })
  })

  it.each([
    ['before', (cn: Bytes) => seq(set(), cn)],
    ['after', (cn: Bytes) => seq(cn, set())],
  ])('the CA that is registered has no empty RDN %s the others, as the issuer has', async (_rule, subject) => {
    const odd = subject(set(seq(oid('2.5.4.3'), utf8('Root'))))
    const leaf = await issueLeaf({ ...root, subject: odd })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({ code: 'no_issuer', fault: { issuer: 'CN=Root' } })
  })

  it('an intermediate is missing', async () => {
    expect(await refusal({ leaf: await issueLeaf(ca1), anchors: [root] })).toMatchObject({
      fault: { reason: 'no_issuer', issuer: 'CN=CA 1' },
    })
  })

  it('the issuer of an intermediate is unknown', async () => {
    const middle = await issue({ cn: 'Middle', by: stranger })
    expect(await refusal({ leaf: await issueLeaf(middle), chain: [middle], anchors: [root] })).toMatchObject({
      fault: { reason: 'no_issuer', issuer: 'CN=Stranger' },
      certificate: { role: 'intermediate', subject: 'CN=Middle' },
    })
  })

  it('a self-signed leaf that is no anchor', async () => {
    const leaf = await issue({ cn: 'client', extensions: [DIGITAL_SIGNATURE] })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({
      code: 'self_signed',
      openssl: 'self signed certificate',
    })
  })

  it('a self-signed leaf that is registered, but no CA', async () => {
    const leaf = await issue({ cn: 'client', extensions: [DIGITAL_SIGNATURE] })
    expect(await refusal({ leaf, anchors: [leaf] })).toMatchObject({
      fault: { reason: 'not_a_ca' },
      certificate: { role: 'anchor' },
    })
  })

  it('a path that ends at a self-signed CA that is not registered', async () => {
    expect(await refusal({ leaf: await issueLeaf(stranger), chain: [stranger], anchors: [root] })).toMatchObject({
      code: 'self_signed',
      openssl: 'self signed certificate in certificate chain',
      certificate: { subject: 'CN=Stranger' },
    })
  })

  it('the renewal of an anchor, self-signed with the same name and key, as leaf', async () => {
    const renewal = await issue({ cn: 'Root', keys: root.keys })
    expect(await refusal({ leaf: renewal, anchors: [root] })).toMatchObject({ code: 'self_signed' })
  })

  it('an intermediate that cannot be read, and may be the missing one', async () => {
    const chain = [ca1, { der: ca1.der.slice(0, -1) }].slice(1)
    expect(await refusal({ leaf: await issueLeaf(ca1), chain, anchors: [root] })).toMatchObject({
      fault: { reason: 'intermediate_unreadable', position: 1 },
    })
  })

  it('an anchor that cannot be read, and may be the missing one', async () => {
    const anchors = [{ der: root.der.slice(0, -1) }]
    expect(await refusal({ leaf: await issueLeaf(root), anchors })).toMatchObject({
      fault: { reason: 'anchor_unreadable', anchorId: 'anchor 1' },
    })
  })

  it('certificates that are too large, with their size', async () => {
    const large = { der: new Uint8Array(16_385) }
    const problem = 'it has 16385 bytes, the limit is 16384'
    expect(await refusal({ leaf: await issueLeaf(ca1), chain: [large], anchors: [root] })).toMatchObject({
      fault: { reason: 'intermediate_unreadable', position: 1, problem },
    })
    expect(await refusal({ leaf: await issueLeaf(root), anchors: [large] })).toMatchObject({
      fault: { reason: 'anchor_unreadable', anchorId: 'anchor 1', problem },
    })
  })
})

describe('the chain does not decide which certificate is the leaf (the bypass of pkijs)', () => {
  it('nor does its order', async () => {
    const evil = await issueLeaf(stranger, { cn: 'evil' })
    const good = await issueLeaf(ca1)
    for (const chain of [
      [good, ca1],
      [ca1, good],
      [evil, ca1, good],
      [evil, good, ca1, evil],
    ]) {
      expect(await decide({ leaf: evil, chain, anchors: [root] })).toMatchObject({ accepted: false })
    }
  })

  it('nor does a leaf that is an issuer', async () => {
    const good = await issueLeaf(root)
    const evil = await issueLeaf(good, { cn: 'evil' })
    expect(await refusal({ leaf: evil, chain: [good], anchors: [root] })).toMatchObject({
      code: 'not_a_ca',
      certificate: { role: 'intermediate', subject: 'CN=client' },
    })
  })
})

describe('the most useful reason of all paths', () => {
  it('an expired CA before an unknown one', async () => {
    const keys = await newKeys()
    const elsewhere = await issue({ cn: 'CA', by: stranger, keys })
    const expired = await issue({ cn: 'CA', by: root, keys, notAfter: time('2026-01-01T00:00:00Z') })
    const leaf = await issueLeaf(expired)
    for (const chain of [
      [elsewhere, expired],
      [expired, elsewhere],
    ]) {
      expect(await refusal({ leaf, chain, anchors: [root] })).toMatchObject({ code: 'expired' })
    }
  })

  it('a fault of the real issuer before a key that did not sign', async () => {
    const namesake = await issue({ cn: 'CA', by: root })
    const real = await issue({ cn: 'CA', by: root, extensions: ca(UNKNOWN_CRITICAL) })
    const found = await refusal({ leaf: await issueLeaf(real), chain: [namesake, real], anchors: [root] })
    expect(found).toMatchObject({ code: 'unknown_critical_extension', certificate: { position: 2 } })
  })

  it('among equals the one nearest to an anchor', async () => {
    const lower = await issue({ cn: 'Lower', by: { subject: ca1.subject, keys: stranger.keys } })
    const found = await refusal({ leaf: await issueLeaf(lower), chain: [lower, ca1], anchors: [root] })
    expect(found).toMatchObject({ code: 'signature_invalid', certificate: { subject: 'CN=Lower' } })
  })
})

describe('key identifiers explain a fault, and decide nothing', () => {
  const skid = (id: number) => extension('2.5.29.14', octets(Uint8Array.of(id)))
  const akid = (id: number) => extension('2.5.29.35', seq(implicit(0, [id])))

  it('a CA of the same name with another identifier', async () => {
    const anchor = await issue({ cn: 'Root', extensions: [basicConstraints(true), keyUsage(0x04, 2), skid(1)] })
    const leaf = await issueLeaf(stranger, { issuer: anchor.subject, extensions: [akid(2)] })
    expect(await refusal({ leaf, anchors: [anchor] })).toMatchObject({
      fault: { reason: 'signature_invalid', because: 'mismatch', keyIdentifiers: 'differ' },
      openssl: 'unable to get local issuer certificate',
    })
  })

  it('the same identifier, but another key', async () => {
    const anchor = await issue({ cn: 'Root', extensions: ca(skid(1)) })
    const leaf = await issueLeaf(stranger, { issuer: anchor.subject, extensions: [akid(1)] })
    expect(await refusal({ leaf, anchors: [anchor] })).toMatchObject({
      fault: { reason: 'signature_invalid', keyIdentifiers: 'match' },
      openssl: 'certificate signature failure',
    })
  })

  it('the real issuer is found although identifiers differ', async () => {
    const anchor = await issue({ cn: 'Root', extensions: ca(skid(1)) })
    const leaf = await issueLeaf(anchor, { extensions: [akid(2)] })
    expect(await decide({ leaf, anchors: [anchor] })).toMatchObject({ accepted: true })
  })
})
