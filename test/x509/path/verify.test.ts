import { describe, expect, it } from 'vitest'
import { oid, seq, time } from '../../../src/testing/der.ts'
import { nameConstraints } from '../../../src/testing/extensions.ts'
import { TrustSet } from '../../../src/x509/path/trust-set.ts'
import { verifyPath } from '../../../src/x509/path/verify.ts'
import { NOW } from '../../support/pki.ts'
import { decide, issue, issueLeaf, refusal } from '../../support/x509/chain.ts'
import { dns } from '../../support/x509/constraints.ts'

const root = await issue({ cn: 'Root' })

describe('a decision', () => {
  it('needs no intermediates', async () => {
    const trust = new TrustSet([{ id: 'root', certificate: root.der }])
    const { der: leaf } = await issueLeaf(root)
    expect(await verifyPath({ leaf, trust, at: NOW })).toMatchObject({ accepted: true })
  })

  it('is made for the last second that a date can hold, and not beyond', async () => {
    const given = { leaf: await issueLeaf(root), anchors: [root] }
    expect(await refusal({ ...given, at: 8_640_000_000_000 })).toMatchObject({ code: 'expired' })
    await expect(decide({ ...given, at: 8_640_000_000_001 })).rejects.toThrow(/^at is not a time/)
  })

  it('is not made where revocation cannot be looked up', async () => {
    const away = new Error('the database is away')
    const revocation = () => Promise.reject(away)
    await expect(decide({ leaf: await issueLeaf(root), anchors: [root], revocation })).rejects.toBe(away)
  })
})

describe('of a leaf with several faults, the one that is named is', () => {
  it('its nameConstraints, before its end of validity', async () => {
    const extensions = [nameConstraints({ excluded: [dns('test')] })]
    const leaf = await issueLeaf(root, { extensions, notAfter: time('2026-01-01T00:00:00Z') })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({ code: 'leaf_name_constraints' })
  })

  it('its signature algorithm, before an issuer that is unknown', async () => {
    const leaf = await issueLeaf(await issue({ cn: 'Nobody' }), { algorithm: seq(oid('1.2.840.10045.4.1')) })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({ code: 'signature_algorithm_not_allowed' })
  })
})
