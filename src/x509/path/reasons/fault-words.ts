import { rfc3339 } from '../../../core/rfc3339.ts'
import type { Origin } from '../entry.ts'
import { keyPurposeName } from '../purpose.ts'
import type { CrlRef } from '../revocation/revocation.ts'
import type { PathCode, PathFault } from './fault.ts'
import { limitInWords } from './limit-words.ts'
import { OPENSSL } from './openssl-texts.ts'

/** The texts of a refusal. */
export interface Words {
  readonly section: string
  readonly openssl: string
  readonly message: string
  readonly suggestion: string
}

type Role = Origin['role']
type Of<C extends PathCode> = Extract<PathFault, { readonly reason: C }>
type Row<C extends PathCode> = (fault: Of<C>, role: Role, who: string) => Words

/**
 * The texts for a fault.
 * @param role of the certificate that has it
 * @param subject of that certificate, for people
 */
export function faultWords(fault: PathFault, role: Role, subject: string): Words {
  // The row under a reason takes the faults of that reason; TypeScript cannot follow that through an index.
  const row = WORDS[fault.reason] as Row<PathCode>
  return row(fault, role, subject === '' || role === 'leaf' ? WHO[role] : `${WHO[role]} ${subject}`)
}

const WHO: Readonly<Record<Role, string>> = {
  leaf: 'The client certificate',
  intermediate: 'The intermediate CA',
  anchor: 'The registered CA',
}

/** What to do about a certificate, for suggestions. */
const RENEW: Readonly<Record<Role, string>> = {
  leaf: 'Issue a new client certificate',
  intermediate: 'Have the CA renew its certificate and present the new one',
  anchor: 'Renew the CA and register the new certificate',
}

const purposes = (oids: readonly string[]) => list(oids.map(keyPurposeName))
const list = (items: readonly string[]) => (items.length === 0 ? 'nothing' : items.join(', '))
const words = (section: string, openssl: string, message: string, suggestion: string): Words => ({
  section,
  openssl,
  message,
  suggestion,
})

const crlName = ({ number, issuer, thisUpdate }: CrlRef) =>
  number === undefined ? `the CRL of ${issuer} of ${rfc3339(thisUpdate)}` : `CRL number 0x${number} of ${issuer}`

const weakKey = (role: Role) => (role === 'leaf' ? 'EE certificate key too weak' : 'CA certificate key too weak')

const encoding = (what: string, role: Role, who: string) =>
  words(
    'RFC 5280 4.1',
    OPENSSL.unspecified,
    `${who} cannot be read: ${what}.`,
    `${RENEW[role]} in DER, as RFC 5280 section 4 lays it out.`,
  )

const WORDS: { readonly [C in PathCode]: Row<C> } = {
  certificate_too_large: ({ bytes, limitBytes }, role, who) =>
    encoding(`it has ${bytes} bytes, the limit is ${limitBytes}`, role, who),
  certificate_too_complex: ({ field, problem }, role, who) => encoding(`${field}: ${problem}`, role, who),
  malformed_certificate: ({ field, problem }, role, who) => encoding(`${field} ${problem}`, role, who),
  expired: ({ notAfter, at }, role, who) =>
    words(
      'RFC 5280 6.1.3 (a)(2)',
      'certificate has expired',
      `${who} expired at ${rfc3339(notAfter)}; the time of the check is ${rfc3339(at)}.`,
      `${RENEW[role]}.`,
    ),
  not_yet_valid: ({ notBefore, at }, _role, who) =>
    words(
      'RFC 5280 6.1.3 (a)(2)',
      'certificate is not yet valid',
      `${who} is valid from ${rfc3339(notBefore)}; the time of the check is ${rfc3339(at)}.`,
      'Wait until then, or correct the clock of the machine that issued it.',
    ),
  unknown_critical_extension: ({ oid }, role, who) =>
    words(
      'RFC 5280 6.1.4 (o)',
      'unhandled critical extension',
      `${who} has the critical extension ${oid}, which is not processed here.`,
      `${RENEW[role]} without that extension, or with it marked non-critical.`,
    ),
  unprocessed_critical_extension: ({ extension, field, problem }, role, who) =>
    words(
      'RFC 5280 6.1.4 (o)',
      'unhandled critical extension',
      `${who} has a critical ${extension} that cannot be processed: ${field} ${problem}.`,
      `${RENEW[role]} with that extension marked non-critical, or corrected.`,
    ),
  key_not_allowed: ({ key }, role, who) =>
    words(
      'RFC 5280 4.1.2.7',
      weakKey(role),
      `${who} has a key of type ${key}; accepted are RSA of 2048 to 8192 bits, P-256, P-384, P-521 and Ed25519.`,
      `${RENEW[role]} with such a key.`,
    ),
  key_compressed: ({ key }, role, who) =>
    words(
      'RFC 5480 2.2',
      OPENSSL.unspecified,
      `${who} has a key of type ${key}; the point of a CA must be uncompressed.`,
      `${RENEW[role]} with the same key and an uncompressed point (openssl ec -conv_form uncompressed).`,
    ),
  issuer_empty: (_fault, _role, who) =>
    words(
      'RFC 5280 4.1.2.4',
      'Issuer name empty',
      `${who} names no issuer.`,
      'Issue it from a CA whose subject is not empty.',
    ),
  leaf_ext_key_usage: ({ purpose, present }) =>
    words(
      'RFC 5280 4.2.1.12',
      OPENSSL.purpose,
      `The client certificate is not for ${purpose}: its extKeyUsage holds ${purposes(present)}.`,
      `Issue it with ${purpose} in extKeyUsage.`,
    ),
  leaf_key_usage: ({ required, present }) =>
    words(
      'RFC 5280 4.2.1.3',
      OPENSSL.purpose,
      `The client certificate's keyUsage holds ${list(present)}; needed is ${required.join(' or ')}.`,
      `Issue it with ${required[0]} in keyUsage.`,
    ),
  leaf_name_constraints: () =>
    words(
      'RFC 5280 4.2.1.10',
      OPENSSL.extension,
      'The client certificate has nameConstraints, which only a CA may have.',
      'Issue it without that extension.',
    ),
  leaf_subject_empty: ({ because }) =>
    words(
      'RFC 5280 4.1.2.6',
      because === 'no_alt_name' ? 'Subject name empty' : 'Subject empty and Subject Alt Name extension not critical',
      because === 'no_alt_name'
        ? 'The client certificate has neither a subject nor a subjectAltName.'
        : 'The client certificate has no subject, and its subjectAltName is not critical.',
      'Issue it with a subject, or with a critical subjectAltName.',
    ),
  not_a_ca: ({ because, version }, _role, who) =>
    words(
      'RFC 5280 6.1.4 (k)',
      'invalid CA certificate',
      because === 'version'
        ? `${who} is a certificate of version ${version}; a CA needs version 3.`
        : `${who} is not a CA: ${because === 'ca_false' ? 'its basicConstraints say so' : 'it has no basicConstraints'}.`,
      'Issue the CA certificate with basicConstraints cA TRUE.',
    ),
  no_key_cert_sign: ({ present }, _role, who) =>
    words(
      'RFC 5280 6.1.4 (n)',
      'key usage does not include certificate signing',
      `${who} may not sign certificates: its keyUsage holds ${list(present)}.`,
      'Issue the CA certificate with keyCertSign in keyUsage.',
    ),
  ca_ext_key_usage: ({ purpose, present }, _role, who) =>
    words(
      'RFC 5280 4.2.1.12',
      OPENSSL.purpose,
      `${who} is not for ${purpose}: its extKeyUsage holds ${purposes(present)}.`,
      `Use a CA without extKeyUsage, or with ${purpose} in it.`,
    ),
  path_len_exceeded: ({ pathLen, length }, _role, who) =>
    words(
      'RFC 5280 6.1.4 (l)',
      'path length constraint exceeded',
      `${who} allows ${pathLen} CAs below it (pathLenConstraint); the path has ${length}.`,
      'Issue the client certificate from a CA further up, or renew the CA with a larger pathLenConstraint.',
    ),
  name_excluded: ({ name, subtree, by }) =>
    words(
      'RFC 5280 6.1.3 (c)',
      'excluded subtree violation',
      `The name ${name} ${name.startsWith('DNS:*.') ? 'stands for names' : 'lies'} in ${subtree}, which the CA ${by} excludes.`,
      'Issue the certificate without that name.',
    ),
  name_not_permitted: ({ name, permitted, permittedCount, by }) =>
    words(
      'RFC 5280 6.1.3 (b)',
      'permitted subtree violation',
      `The name ${name} is not among those that the CA ${by} permits: ${permitted.join(', ')}${
        permittedCount > permitted.length ? ` and ${permittedCount - permitted.length} more` : ''
      }.`,
      'Issue the certificate with permitted names only.',
    ),
  name_form_unsupported: ({ name, form, by }) =>
    words(
      'RFC 5280 4.2.1.10',
      'unsupported name constraint type',
      `The CA ${by} constrains names of the form ${form}, which cannot be compared, and there is one: ${name}.`,
      'Issue the certificate without that name, or use a CA without that constraint.',
    ),
  name_unreadable: ({ name, by }) =>
    words(
      'RFC 5280 4.2.1.10',
      'unsupported or invalid name syntax',
      `The name ${name} is malformed or names no host, so it cannot be compared with the constraints of the CA ${by}.`,
      'Issue the certificate without that name, or with a well-formed one.',
    ),
  name_constraint_malformed: ({ subtree }, _role, who) =>
    words(
      'RFC 5280 4.2.1.10',
      'unsupported or invalid name constraint syntax',
      `${who} has a malformed name constraint: ${subtree}.`,
      'Renew the CA with a well-formed constraint.',
    ),
  signature_algorithm_not_allowed: ({ algorithm, weak }, _role, who) =>
    words(
      'RFC 5280 4.1.1.2',
      weak ? 'CA signature digest algorithm too weak' : OPENSSL.signature,
      `${who} is signed with ${algorithm}${weak ? ', which is too weak' : ', which is not supported'}.`,
      'Issue it again, signed with SHA-256, SHA-384 or SHA-512 and RSA or ECDSA, or with Ed25519.',
    ),
  signature_parameters: ({ algorithm, problem }, _role, who) =>
    words(
      'RFC 4055 3.1',
      OPENSSL.signature,
      `${who} is signed with ${algorithm}, whose parameters ${problem}.`,
      'Issue it again, signed with SHA-256, SHA-384 or SHA-512 throughout.',
    ),
  key_unusable: ({ key }, role, who) =>
    words(
      'RFC 5280 4.1.2.7',
      'unable to decode issuer public key',
      `${who} has a key of type ${key} that WebCrypto cannot use: a point off its curve, or an RSA exponent other than 3, 17, 37 and 65537.`,
      `${RENEW[role]} with a new key.`,
    ),
  signature_invalid: ({ issuer, because, keyIdentifiers }, _role, who) =>
    words(
      'RFC 5280 6.1.3 (a)(1)',
      keyIdentifiers === 'differ' || because === 'key_type' ? OPENSSL.noIssuer : OPENSSL.signature,
      `${who} names ${issuer} as its issuer, but the key of the CA of that name did not sign it${
        keyIdentifiers === 'differ' ? ' (their key identifiers differ)' : ''
      }.`,
      'Register the certificate of the CA that really issued it: another CA of the same name is registered or presented.',
    ),
  policy_required: ({ unreadable }, _role, who) =>
    words(
      'RFC 5280 6.1.5 (g)',
      'no explicit policy',
      `A CA requires a certificate policy that is valid on the whole path; none is left at: ${who}.${
        unreadable === undefined
          ? ''
          : ` The policies of ${unreadable.subject} do not count: ${unreadable.field} ${unreadable.problem}.`
      }`,
      'Issue the certificate with a policy of its CA in certificatePolicies.',
    ),
  policy_mapping_any: ({ issuerDomain, subjectDomain }, _role, who) =>
    words(
      'RFC 5280 6.1.4 (a)',
      'invalid or inconsistent certificate policy extension',
      `${who} maps policy ${issuerDomain} to ${subjectDomain}; anyPolicy may not be mapped.`,
      'Renew the CA without that mapping.',
    ),
  revoked: ({ serial, revokedAt, crlReason, crl }, role, who) =>
    words(
      'RFC 5280 6.3.3 (j)',
      OPENSSL.revoked,
      `${who} with serial number ${serial} was revoked at ${rfc3339(revokedAt)}${
        crlReason === 'unspecified' ? '' : ` (${crlReason})`
      }, as ${crlName(crl)} says.`,
      crlReason === 'certificateHold'
        ? `Have the CA lift the hold and upload its next CRL, or else: ${RENEW[role]}.`
        : `${RENEW[role]}.`,
    ),
  crl_stale: ({ at, crl }, _role, who) =>
    words(
      'RFC 5280 6.3.3 (a)',
      'CRL has expired',
      `${who} is not listed in ${crlName(crl)}, but that expired at ${rfc3339(crl.nextUpdate)}; the time of the check is ${rfc3339(at)}.`,
      'Upload the current CRL of that CA.',
    ),
  not_covered: ({ issuer, crls }, _role, who) =>
    words(
      'RFC 5280 6.3.3',
      'unable to get certificate CRL',
      crls === 0
        ? `There is no CRL of ${issuer} that says whether ${who.replace(/^T/, 't')} is revoked, and the owner of the CA requires one (uncovered: refuse).`
        : `None of the CRLs of ${issuer} covers ${who.replace(/^T/, 't')}, and the owner of the CA requires one (uncovered: refuse).`,
      `Upload the CRL of ${issuer} that covers it, or set uncovered to allow.`,
    ),
  blocked: ({ serial, blockedAt }) =>
    words(
      'docs/conformance.md, revocation',
      OPENSSL.revoked,
      `The serial number ${serial} of the client certificate was blocked at ${rfc3339(blockedAt)}.`,
      'Issue a new client certificate, or lift the block.',
    ),
  no_anchors: () =>
    words(
      'RFC 5280 6.1.1 (d)',
      OPENSSL.noIssuer,
      'No CA certificate is registered to check against.',
      'Register the CA that issues the client certificates.',
    ),
  no_issuer: ({ issuer, because }, _role, who) =>
    words(
      'RFC 5280 6.1',
      OPENSSL.noIssuer,
      `${who} was issued by ${issuer}, ${
        because === 'loop'
          ? 'which is not registered and leads only in a circle'
          : 'which is neither registered nor among the presented intermediates'
      }.`,
      because === 'loop'
        ? `Register the certificate of ${issuer}, or of a CA above it outside of the circle.`
        : `Register the certificate of ${issuer}, or have the client send it along if it is an intermediate.`,
    ),
  self_signed: ({ subject }, role) =>
    words(
      'RFC 5280 6.1',
      role === 'leaf' ? OPENSSL.selfSignedLeaf : OPENSSL.selfSignedInChain,
      `The path ends at the self-signed certificate ${subject}, which is not registered.`,
      role === 'leaf'
        ? 'Issue the client certificate from a registered CA.'
        : 'Register this CA if it is to be trusted.',
    ),
  anchor_unreadable: ({ anchorId, problem }) =>
    words(
      'RFC 5280 4.1',
      OPENSSL.noIssuer,
      `The registered certificate ${anchorId} cannot be used: ${problem}.`,
      'Register the CA again with a well-formed certificate.',
    ),
  intermediate_unreadable: ({ position, problem }) =>
    words(
      'RFC 5280 4.1',
      OPENSSL.noIssuer,
      `Presented certificate ${position} cannot be used: ${problem}.`,
      'Have the client send well-formed intermediate certificates.',
    ),
  limit_reached: ({ limit, value }) =>
    words(
      'docs/conformance.md, limits',
      OPENSSL.tooLong,
      `The decision reached a limit: ${limitInWords(limit, value)}.`,
      'Have the client send only the intermediates between its certificate and the registered CA.',
    ),
}
