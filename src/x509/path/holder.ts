import { toHex } from '../../core/bytes.ts'
import { TAG } from '../asn1/der.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { sha256 } from '../certificate/fingerprint.ts'
import type { GeneralName } from '../certificate/general-name.ts'
import { subjectAltName } from '../certificate/informing-extensions.ts'
import type { Entry } from './entry.ts'
import { checkCaExtKeyUsage } from './issuer-checks.ts'
import { hostName } from './names/host.ts'
import { comparableUri } from './names/plain-uri.ts'
import { emailName } from './names/subtree-email.ts'
import { validPolicies } from './policy.ts'

/**
 * What a valid path says of its leaf's holder, to let the holder in by it: only values that everybody reads alike, in the form in
 * which they are compared. A value in doubt is left out.
 */
export interface Holder {
  /** The one commonName of the subject. None where there are two: readers disagree about which one counts. */
  readonly commonName: readonly string[]
  readonly organization: readonly string[]
  readonly organizationalUnit: readonly string[]
  /** dNSNames, in lower case. One with a wildcard is left out: it is not the name of a client. */
  readonly dns: readonly string[]
  /** rfc822Names whose local part is not quoted; the domain is in lower case. */
  readonly email: readonly string[]
  /** comparableUri */
  readonly uri: readonly string[]
  /** Content octets of the INTEGER, lower-case hexadecimal. */
  readonly serialNumber: readonly string[]
  /** SHA-256 of the DER. */
  readonly certificateSha256: readonly string[]
  /** SHA-256 of the SubjectPublicKeyInfo. */
  readonly keySha256: readonly string[]
  /** The same of the CA that signed the leaf. It does not depend on which of that CA's certificates the path goes by. */
  readonly issuerKeySha256: readonly string[]
  /** Key purposes that the leaf has and that no CA of the path withholds, dotted. */
  readonly extKeyUsage: readonly string[]
  /** Policies that the leaf has and that are valid for the path, dotted. */
  readonly policy: readonly string[]
}

const COMMON_NAME = '2.5.4.3'
const ORGANIZATION = '2.5.4.10'
const ORGANIZATIONAL_UNIT = '2.5.4.11'

/**
 * The string types that RFC 5280 4.1.2.4 has CAs use. Others have escapes and shifts that readers treat differently (T.61), or
 * two octets a character, of which some readers drop one.
 */
const CLEAR_STRINGS: ReadonlySet<number> = new Set([TAG.utf8String, TAG.printableString])
/** NUL, at which some readers stop, other controls, and characters that are not seen. */
const UNSEEN = /[\p{Cc}\p{Cf}]/u

/** Reads what a valid path says of its leaf's holder. @param path from the leaf up, its anchor last */
export async function holderOf(path: readonly Entry[]): Promise<Holder> {
  const [leaf, issuer] = path
  if (leaf === undefined) throw new Error('a path has a leaf')
  const { certificate } = leaf
  const commonNames = attributes(certificate, COMMON_NAME)
  const names = subjectAltName(certificate)
  const altNames = names?.ok ? names.value : []
  const of = (form: TextForm, read: (value: string) => string | undefined) =>
    altNames.flatMap((name) => (name.form === form ? (read(name.value) ?? []) : []))
  const purposes = certificate.extensions.values.extKeyUsage ?? []
  const policies = validPolicies(path)
  return {
    commonName: commonNames.length > 1 ? [] : clearTexts(commonNames),
    organization: clearTexts(attributes(certificate, ORGANIZATION)),
    organizationalUnit: clearTexts(attributes(certificate, ORGANIZATIONAL_UNIT)),
    dns: of('dNSName', hostName),
    email: of('rfc822Name', clearMailbox),
    uri: of('uniformResourceIdentifier', comparableUri),
    serialNumber: [toHex(certificate.serialNumber)],
    certificateSha256: [await sha256(certificate.der)],
    keySha256: [await sha256(certificate.publicKey.der)],
    issuerKeySha256: issuer === undefined ? [] : [await sha256(issuer.certificate.publicKey.der)],
    extKeyUsage: purposes.filter((oid) => path.slice(1).every((ca) => mayHaveBelow(ca, oid))),
    policy: [...policies],
  }
}

type TextForm = Extract<GeneralName, { readonly value: string }>['form']

function attributes({ subject }: Certificate, type: string) {
  return subject.rdns.flat().filter((attribute) => attribute.type === type)
}

/** The texts that are without doubt. @param attributes of one type */
function clearTexts(attributes: readonly { readonly tag: number; readonly text: string | null }[]): readonly string[] {
  return attributes.flatMap(({ tag, text }) =>
    text === null || text === '' || !CLEAR_STRINGS.has(tag) || UNSEEN.test(text) ? [] : [text],
  )
}

/** A mailbox as it is compared; undefined where it is none, or quoted: then not all agree where its domain begins. */
export function clearMailbox(value: string): string | undefined {
  const mailbox = value.includes('"') ? undefined : emailName(value)
  return mailbox && `${mailbox.local}@${mailbox.host}`
}

function mayHaveBelow(ca: Entry, oid: string): boolean {
  return checkCaExtKeyUsage(ca, { name: oid, extKeyUsage: [oid], keyUsage: [] }) === undefined
}
