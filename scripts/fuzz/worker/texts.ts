import { toHex } from '../../../src/core/bytes.ts'
import { parseHostname } from '../../../src/core/hostname.ts'
import { readTexts } from '../../../src/edge/presented.ts'
import {
  decodeCrls,
  decodePem,
  decodeRfc9440,
  decodeUpload,
  encodePem,
  privateKeyIn,
  readTwice,
  sameOctets,
} from '../../../src/x509/index.ts'
import { MAX_CERTIFICATES_PER_UPLOAD, MAX_TLVS } from '../../../src/x509/limits.ts'
import type { Observation } from '../wire.ts'
import { factsOf, pkijsProblem } from './known.ts'
import { beyond, measured } from './work.ts'

/** Values of extensions are read by readers of their own, those of all critical ones by the rules of uploads. */
const MOST_VALUES = MAX_CERTIFICATES_PER_UPLOAD * 8 * MAX_TLVS

/** Reads a text as an upload, and by every other reader of texts. */
export async function observeUpload(text: string): Promise<Observation> {
  privateKeyIn(text)
  readTexts(text, text)
  decodeCrls(new TextEncoder().encode(text))
  decodePem(text)
  const { result: read, work } = await measured(() => decodeUpload(text))
  const problem = beyond('values', work.values, MOST_VALUES)
  if (!read.ok) return { accepted: false, reason: read.error[0]?.reason ?? 'no reason', problem }
  const { certificates, contentSha256 } = read.value
  const again = await decodeUpload(certificates.map(({ der }) => encodePem(der)).join(''))
  const differs =
    again.ok && again.value.contentSha256 === contentSha256 ? undefined : 'as plain PEM it is read differently'
  const objections = await readTwice(read.value)
  const accepted = objections.length === 0
  const pkijs = certificates.map(({ certificate }) => pkijsProblem(certificate)).find((one) => one !== undefined)
  return {
    accepted,
    reason: accepted ? 'read' : 'decoders_disagree',
    problem: problem ?? differs ?? pkijs,
    facts: certificates.map(({ certificate }) => factsOf(certificate)),
  }
}

export function observeHostname(text: string): Observation {
  const read = parseHostname(text)
  if (!read.ok) return { accepted: false, reason: read.error.reason }
  const again = parseHostname(read.value)
  const same = again.ok && again.value === read.value
  const problem = same ? undefined : 'its own form is read differently'
  return { accepted: true, reason: text === read.value ? 'as it is' : 'normalised', problem, facts: read.value }
}

export function observeRfc9440(text: string): Observation {
  const read = decodeRfc9440(text)
  return read.ok
    ? { accepted: true, reason: `${Math.min(3, read.value.length)} certificates`, facts: read.value.map(toHex).join() }
    : { accepted: false, reason: `item ${Math.min(3, read.error.item)}` }
}

/** Reads what proxies pass on. The same certificates as PEM must be read the same way. */
export function observeXfcc(text: string): Observation {
  const read = readTexts(text, '')
  if (!read.ok) return { accepted: false, reason: read.error.message.replace(/ at line .*/, '').slice(0, 60) }
  const { leaf, chain } = read.value
  const again = readTexts(encodePem(leaf), chain.map((der) => encodePem(der)).join(''))
  const all = again.ok ? [again.value.leaf, ...again.value.chain] : []
  const same =
    all.length === chain.length + 1 && [leaf, ...chain].every((der, i) => sameOctets(der, all[i] ?? der.subarray(1)))
  const problem = same ? undefined : 'as plain PEM it is read differently'
  return { accepted: true, reason: `${Math.min(3, all.length)} certificates`, problem }
}
