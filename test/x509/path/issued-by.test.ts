import { describe, expect, it } from 'vitest'
import { time } from '../../../src/testing/der.ts'
import { basicConstraints } from '../../../src/testing/extensions.ts'
import { Budget } from '../../../src/x509/budget.ts'
import { isIssuedBy } from '../../../src/x509/path/issued-by.ts'
import { TrustSet } from '../../../src/x509/path/trust-set.ts'
import { PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import { ca, type Issued, issue } from '../../support/x509/chain.ts'

/** Whether a hostname's CAs issued a certificate, whatever else is wrong with it. */

const EXPIRED = { notAfter: time('2020-01-01T00:00:00Z') }

function asked(leaf: Issued, trusted: readonly Issued[], presented: readonly Issued[] = [], budget = new Budget()) {
  const [anchors, intermediates] = [trusted.slice(0, 1), trusted.slice(1)].map((list) =>
    list.map(({ der }, i) => ({ id: `record ${i}`, certificate: der })),
  )
  return isIssuedBy({
    leaf: leaf.der,
    intermediates: presented.map(({ der }) => der),
    trust: new TrustSet(anchors ?? [], intermediates),
    budget,
  })
}

describe('a certificate is of a CA', () => {
  it.each<[string, (root: Issued) => Promise<boolean | 'unknown'>]>([
    ['that signed it', async (root) => asked(await issue({ by: root }), [root])],
    ['that signed it, although it is expired', async (root) => asked(await issue({ by: root, ...EXPIRED }), [root])],
    [
      'by way of a CA that came with it, although that is expired',
      async (root) => {
        const sub = await issue({ cn: 'sub', by: root, extensions: ca(), ...EXPIRED })
        return asked(await issue({ by: sub }), [root], [sub])
      },
    ],
    [
      'by way of two that came in the wrong order',
      async (root) => {
        const one = await issue({ cn: 'one', by: root, extensions: ca() })
        const two = await issue({ cn: 'two', by: one, extensions: ca() })
        return asked(await issue({ by: two }), [root], [one, two])
      },
    ],
    [
      'that is registered without its own issuer',
      async (root) => {
        const sub = await issue({ cn: 'sub', by: await issue({ cn: 'gone' }), extensions: ca() })
        return asked(await issue({ by: sub }), [root, sub])
      },
    ],
  ])('%s', async (_, answer) => {
    expect(await answer(await issue({ cn: 'root', extensions: ca() }))).toBe(true)
  })
})

describe('a certificate is not of a CA', () => {
  it.each<[string, (root: Issued) => Promise<boolean | 'unknown'>]>([
    ['whose name alone it has', async (root) => asked(await issue({ by: await issue({ cn: 'root' }) }), [root])],
    ['of another name', async (root) => asked(await issue({ by: await issue({ cn: 'other' }) }), [root])],
    [
      'by way of a client of that CA, who is no CA',
      async (root) => {
        const client = await issue({ cn: 'client', by: root, extensions: [basicConstraints(false)] })
        return asked(await issue({ by: client }), [root], [client])
      },
    ],
    [
      'by way of a CA that came with it and that it did not sign',
      async (root) => {
        const sub = await issue({ cn: 'sub', by: await issue({ cn: 'root', extensions: ca() }), extensions: ca() })
        return asked(await issue({ by: sub }), [root], [sub])
      },
    ],
    ['where it cannot be read', async (root) => asked({ ...root, der: new Uint8Array([0x30, 0x00]) }, [root])],
  ])('%s', async (_, answer) => {
    expect(await answer(await issue({ cn: 'root', extensions: ca() }))).toBe(false)
  })
})

it('is not known where the budget does not suffice, and no signature is checked without one', async () => {
  const root = await issue({ cn: 'root', extensions: ca() })
  const none = new Budget({ ...PATH_LIMITS, signatureCost: 0 })
  expect(await asked(await issue({ by: root }), [root], [], none)).toBe('unknown')
  expect(await asked(await issue({ by: await issue({ cn: 'other' }) }), [root], [], none)).toBe(false)
  expect(none.spent.signatureChecks).toBe(0)
})
