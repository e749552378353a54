import { ok, type Result } from '../../../core/result.ts'
import type { Certificate } from '../../certificate/certificate.ts'
import type { GeneralName } from '../../certificate/general-name.ts'
import { subjectAltName, type ValueFault } from '../../certificate/informing-extensions.ts'
import { isAddressInText } from './subtree-dns.ts'

/** emailAddress (RFC 5280 4.1.2.6, defined in RFC 2985 5.2.1). */
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'

/** id-on-SmtpUTF8Mailbox (RFC 9598 3): a mailbox whose form is otherName. */
const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9'

/**
 * The names of a certificate that constraints apply to (RFC 5280 4.2.1.10): the subject unless it is empty, each emailAddress in
 * it, and every subjectAltName. 4.2.1.10 checks emailAddress only where there is no subjectAltName; checking it always is
 * stricter, as in OpenSSL. A common name does not count as a DNS name, since clients are not matched by host name. Fails where
 * subjectAltName cannot be read, since it may hold names of any form.
 */
export function constrainedNames(certificate: Certificate): Result<readonly GeneralName[], ValueFault> {
  const { subject } = certificate
  const altNames = subjectAltName(certificate)
  if (altNames?.ok === false) return altNames
  const emails = subject.rdns.flat().filter(({ type }) => type === EMAIL_ADDRESS)
  return ok([
    ...(subject.rdns.length > 0 ? [{ form: 'directoryName', name: subject } as const] : []),
    // A value that is not a character string is not a mailbox, and lies in no subtree.
    ...emails.map(({ text }) => ({ form: 'rfc822Name', value: text ?? '' }) as const),
    ...(altNames?.value ?? []),
  ])
}

/**
 * The forms of constraints that apply to a name: its own; rfc822Name too for a mailbox in an otherName (RFC 9598 6), and for an
 * otherName whose type is unknown, since it may be a mailbox; iPAddress too for an address that is written as a dNSName, which
 * would escape constraints on addresses otherwise.
 */
export function governingForms(name: GeneralName): readonly GeneralName['form'][] {
  if (name.form === 'otherName' && (name.type ?? SMTP_UTF8_MAILBOX) === SMTP_UTF8_MAILBOX)
    return ['otherName', 'rfc822Name']
  if (name.form === 'dNSName' && isAddressInText(name.value)) return ['dNSName', 'iPAddress']
  return [name.form]
}
