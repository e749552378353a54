import { expect, it } from 'vitest'
import type { Bytes } from '../../../src/testing/der.ts'
import { email, extKeyUsage, nameConstraints, subjectAltName } from '../../../src/testing/extensions.ts'
import { rsaPkcs1, rsaPss } from '../../../src/testing/keys.ts'
import { TrustSet } from '../../../src/x509/path/trust-set.ts'
import { verifyPath } from '../../../src/x509/path/verify.ts'
import { NOW } from '../../support/pki.ts'
import {
  CLIENT_AUTH_OID,
  ca,
  DIGITAL_SIGNATURE,
  ED25519,
  issue,
  issueLeaf,
  newKeys,
  P256,
} from '../../support/x509/chain.ts'
import { dns } from '../../support/x509/constraints.ts'

/** A copy for each octet of a certificate, with that octet changed, removed or doubled. */
function* mutants(der: Bytes): Generator<readonly [what: string, der: Bytes]> {
  for (const [i, octet] of der.entries()) {
    yield [`bit ${i % 8} of octet ${i} flipped`, der.with(i, octet ^ (1 << (i % 8)))]
    yield [`octet ${i} left out`, Uint8Array.of(...der.subarray(0, i), ...der.subarray(i + 1))]
    yield [`octet ${i} doubled`, Uint8Array.of(...der.subarray(0, i), octet, ...der.subarray(i))]
  }
}

it.each([
  ['ECDSA', P256],
  ['Ed25519', ED25519],
  ['RSA PKCS #1', rsaPkcs1(256)],
  ['RSASSA-PSS', rsaPss(256, 32)],
])('every octet of a path counts, and none makes the verifier throw: %s', async (_name, signing) => {
  const root = await issue({
    cn: 'Root',
    keys: await newKeys(signing),
    extensions: ca(nameConstraints({ permitted: [dns('test'), email('a.test')] })),
  })
  const middle = await issue({ cn: 'CA', by: root, keys: await newKeys(signing) })
  const leaf = await issueLeaf(middle, {
    extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID), subjectAltName([dns('a.test'), email('u@a.test')])],
  })
  const trust = new TrustSet([{ id: 'root', certificate: root.der }])
  const decide = (leafDer: Bytes, middleDer: Bytes) =>
    verifyPath({ leaf: leafDer, intermediates: [middleDer], trust, at: NOW })
  expect(await decide(leaf.der, middle.der)).toMatchObject({ accepted: true })
  for (const [what, der] of mutants(leaf.der)) {
    expect((await decide(der, middle.der)).accepted, `leaf: ${what}`).toBe(false)
  }
  for (const [what, der] of mutants(middle.der)) {
    expect((await decide(leaf.der, der)).accepted, `intermediate: ${what}`).toBe(false)
  }
})
