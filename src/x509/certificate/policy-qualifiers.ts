import { type DerReader, TAG } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { characterString, ia5, integerOctets, readOid } from '../asn1/values.ts'

/** RFC 5280 4.2.1.4: id-qt-cps and id-qt-unotice. */
const CPS = '1.3.6.1.5.5.7.2.1'
const USER_NOTICE = '1.3.6.1.5.5.7.2.2'

/** The types of DisplayText. More than 200 characters are accepted: users "SHOULD gracefully handle" them (4.2.1.4). */
const DISPLAY_TEXT: ReadonlySet<number> = new Set([TAG.ia5String, TAG.visibleString, TAG.bmpString, TAG.utf8String])

/**
 * Checks policyQualifiers of a critical certificatePolicies. RFC 5280 4.2.1.4: the validating software "MUST be able to interpret
 * this extension (including the optional qualifier), or MUST reject the certificate". It defines two qualifiers, a pointer to a
 * CPS and a notice for users; neither decides a path. Throws Malformed for any other, and for a malformed one.
 */
export function checkPolicyQualifiers(qualifiers: DerReader, field: string): void {
  if (qualifiers.done) throw new Malformed(field, 'is empty')
  while (!qualifiers.done) {
    const info = qualifiers.sequence(field)
    const id = readOid(info, field)
    if (id === CPS) ia5(info.expect(TAG.ia5String, `${field}.cPSuri`).content, `${field}.cPSuri`)
    else if (id === USER_NOTICE) checkUserNotice(info.sequence(`${field}.userNotice`), `${field}.userNotice`)
    else throw new Malformed(field, `has a qualifier that is not known: ${id}`)
    info.end(field)
  }
}

/** UserNotice ::= SEQUENCE { noticeRef NoticeReference OPTIONAL, explicitText DisplayText OPTIONAL } */
function checkUserNotice(notice: DerReader, field: string): void {
  const reference = notice.optional(TAG.sequence, `${field}.noticeRef`)?.open(`${field}.noticeRef`)
  if (reference !== undefined) checkNoticeReference(reference, `${field}.noticeRef`)
  if (!notice.done) checkDisplayText(notice, `${field}.explicitText`)
  notice.end(field)
}

/** NoticeReference ::= SEQUENCE { organization DisplayText, noticeNumbers SEQUENCE OF INTEGER } */
function checkNoticeReference(reference: DerReader, field: string): void {
  checkDisplayText(reference, `${field}.organization`)
  const numbers = reference.sequence(`${field}.noticeNumbers`)
  while (!numbers.done) integerOctets(numbers.expect(TAG.integer, field), `${field}.noticeNumbers`)
  reference.end(field)
}

function checkDisplayText(reader: DerReader, field: string): void {
  const text = reader.read(field)
  if (!DISPLAY_TEXT.has(text.tag)) throw new Malformed(field, 'is not a DisplayText')
  characterString(text, field)
}
