import { fromHex } from '../../../src/core/bytes.ts'
import {
  ascii,
  type Bytes,
  bits,
  bool,
  explicit,
  implicit,
  int,
  octets,
  oid,
  seq,
  set,
  utf8,
} from '../../../src/testing/der.ts'
import type { EXTENSION } from '../../../src/x509/asn1/oids.ts'

type ExtensionKey = keyof typeof EXTENSION

const dns = implicit(2, ascii('a.example'))

/** One good value of each extension of RFC 5280 4.2. */
export const GOOD: Readonly<Record<ExtensionKey, Bytes>> = {
  subjectDirectoryAttributes: seq(seq(oid('1.3.6.1.5.5.7.9.4'), set(utf8('DE')))),
  subjectKeyIdentifier: octets(fromHex('0102')),
  keyUsage: bits(Uint8Array.of(0x06), 1),
  subjectAltName: seq(dns),
  issuerAltName: seq(dns),
  basicConstraints: seq(bool(true), int(3)),
  nameConstraints: seq(explicit(0, seq(dns))),
  crlDistributionPoints: seq(seq(explicit(0, explicit(0, implicit(6, ascii('http://a.example')))))),
  certificatePolicies: seq(seq(oid('2.5.29.32.0'))),
  policyMappings: seq(seq(oid('1.2.3'), oid('1.2.4'))),
  authorityKeyIdentifier: seq(implicit(0, fromHex('0a0b'))),
  policyConstraints: seq(implicit(0, [0])),
  extKeyUsage: seq(oid('1.3.6.1.5.5.7.3.2')),
  freshestCRL: seq(seq(explicit(0, explicit(0, implicit(6, ascii('http://a.example')))))),
  inhibitAnyPolicy: int(0),
  authorityInfoAccess: seq(seq(oid('1.3.6.1.5.5.7.48.1'), implicit(6, ascii('http://a.example')))),
  subjectInfoAccess: seq(seq(oid('1.3.6.1.5.5.7.48.5'), implicit(6, ascii('http://a.example')))),
}

/** Those that RFC 5280 6.1 decides by. */
export const DECIDING: ReadonlySet<ExtensionKey> = new Set<ExtensionKey>([
  'basicConstraints',
  'keyUsage',
  'extKeyUsage',
  'nameConstraints',
  'policyMappings',
  'policyConstraints',
  'inhibitAnyPolicy',
])
