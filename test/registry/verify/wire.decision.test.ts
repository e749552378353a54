import { describe, expect, it } from 'vitest'
import { shown } from '../../../src/registry/verify/api.ts'
import type { Decision } from '../../../src/registry/verify/rules.ts'
import { basicConstraints, keyUsage } from '../../../src/testing/extensions.ts'
import { NOW } from '../../support/pki.ts'
import { decide, type Issued, issueChain, issueLeaf } from '../../support/x509/chain.ts'
import { block, checkedCrl, known, revoking } from '../../support/x509/revocations.ts'

const CRL_CA = { extensions: [basicConstraints(true), keyUsage(0x06, 1)] }
const [root, ca1] = (await issueChain(2, CRL_CA)) as [Issued, Issued]
const leaf = await issueLeaf(ca1)

async function wire(revocation: Parameters<typeof decide>[0]['revocation']): Promise<object> {
  const verdict = await decide({ leaf, chain: [ca1], anchors: [root], ...(revocation && { revocation }) })
  const decision: Decision = { hostname: 'a.example', at: NOW, verdict }
  return shown(decision)
}

describe('a decision on the wire', () => {
  it('says of each certificate below the anchor what is known of its revocation', async () => {
    expect(await wire(known([await checkedCrl(ca1, { number: 0x1f })]))).toMatchObject({
      accepted: true,
      revocation: [
        {
          height: 0,
          subject: 'CN=client',
          status: 'good',
          crl: {
            certificate_id: 'record',
            issuer: 'CN=CA 1',
            number: '1f',
            this_update: NOW - 86_400,
            next_update: NOW + 2_592_000,
            age_seconds: 86_400,
          },
        },
        { height: 1, subject: 'CN=CA 1', status: 'not_covered' },
      ],
    })
  })

  it('says so if nothing is known of revocation', async () => {
    expect(await wire(undefined)).toMatchObject({ revocation: [{ status: 'not_covered' }, { status: 'not_covered' }] })
  })

  it('revoked: with the facts in snake case', async () => {
    expect(await wire(known([await checkedCrl(ca1, { revoked: [revoking(leaf, { reason: 1 })] })]))).toMatchObject({
      accepted: false,
      code: 'revoked',
      fault: {
        revoked_at: 1_777_636_800,
        crl_reason: 'keyCompromise',
        crl: { certificate_id: 'record', age_seconds: 86_400 },
      },
    })
  })

  it('blocked: with the facts in snake case', async () => {
    expect(await wire(known([], [block(leaf)], [root]))).toMatchObject({
      code: 'blocked',
      fault: { blocked_at: NOW - 60, certificate_id: 'record' },
    })
  })
})
