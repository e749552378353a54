import { toBase64 } from '../../../src/core/bytes.ts'
import { checkCrl } from '../../../src/x509/crl/check-crl.ts'
import {
  crlEntriesBySerial,
  decodeCrls,
  encodePem,
  readableCertificates,
  readCrl,
  sameOctets,
} from '../../../src/x509/index.ts'
import { MAX_CRL_SIGNER_KEYS, MAX_TLVS } from '../../../src/x509/limits.ts'
import { fromBase64 } from '../base64.ts'
import type { CrlInput, Observation } from '../wire.ts'
import { beyond, measured } from './work.ts'

/** Reads DER as a CRL with all its entries, and finds the CA that signed it. */
export async function observeCrl({ crl: base64, cas, at }: CrlInput): Promise<Observation> {
  const der = fromBase64(base64)
  const { result: read, work } = await measured(() => readCrl(der))
  // The fields by one reader, each entry that is odd by one of its own, which reads at most its octets.
  const problem = beyond('values', work.values, MAX_TLVS + der.length)
  if (!read.ok) return { accepted: false, reason: read.error.reason, problem }
  const crl = read.value
  const serials = Array.from(crlEntriesBySerial(crl), ({ serial }) => serial)
  const blocks = decodeCrls(new TextEncoder().encode(encodePem(der, 'X509 CRL')))
  const [again] = blocks.ok ? blocks.value.crls : []
  const { result: checked, work: check } = await measured(() =>
    checkCrl(crl, readableCertificates(cas.map(fromBase64)), at),
  )
  return {
    accepted: checked.ok,
    reason: checked.ok ? `${Math.min(3, serials.length)} entries` : checked.error.reason,
    problem:
      problem ??
      beyond('signatures', check.signatures, MAX_CRL_SIGNER_KEYS) ??
      (serials.length === crl.entries ? undefined : `${crl.entries} entries, and ${serials.length} are found`) ??
      (again !== undefined && sameOctets(again, der) ? undefined : 'as PEM it is read differently'),
    facts: { der: toBase64(der), serials },
  }
}
