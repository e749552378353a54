import type { Bytes } from '../../../src/testing/der.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'

/** The members of a SEQUENCE, each with its encoding. */
export function sequence(der: Bytes): readonly Bytes[] {
  const members = DerReader.over(der).sequence('test')
  const found: Bytes[] = []
  while (!members.done) found.push(members.read('test').der)
  return found
}
