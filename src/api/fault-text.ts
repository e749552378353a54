import { rfc3339 } from '../core/rfc3339.ts'
import { describePresentedFault } from '../edge/presented.ts'
import { describeCrl } from '../registry/crls/fault-text.ts'
import type { ForeignHostname } from '../registry/hostname-list.ts'
import type { FieldFault } from '../registry/refusal.ts'

/** The detail of an `invalid_request`: which field, what is wrong with it, and where it helps, what to do. */
export function describeFault(fault: FieldFault): string {
  // The real service's own words (contract 4); the pointer says which hostname.
  if (fault.reason === 'foreign_hostname') return describe(fault)
  return `${fieldName(fault.pointer)} ${describe(fault)}`
}

/** `/settings/2/hostname` reads `settings[2].hostname`; the body itself has an empty pointer. */
function fieldName(pointer: string): string {
  if (pointer === '') return 'the request body'
  const [first, ...rest] = pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  return [first, ...rest.map((token) => (/^\d+$/.test(token) ? `[${token}]` : `.${token}`))].join('')
}

function describe(fault: FieldFault): string {
  switch (fault.reason) {
    case 'schema':
      return fault.detail
    case 'crl':
      return whichCrl(fault) + describeCrl(fault.fault)
    case 'private_key':
      return 'holds a private key: never send one; send the CA certificate only, and consider that key exposed'
    case 'pkcs12':
      return 'holds a private key: it is PKCS #12 (.p12, .pfx); openssl pkcs12 -nokeys -in FILE prints the certificates alone; never send the key, and consider it exposed'
    case 'foreign_hostname':
      return `domain does not belong to zone: ${describeScope(fault)}`
    case 'until_without_report':
      return 'belongs to mode "report" only: leave it out'
    case 'until_out_of_range':
      return `must be in the future, at most ${fault.limitDays} days from now`
    case 'account_protects':
      return 'cannot be set with a permission for the zone only: a certificate of the account protects the hostname; use a credential with write permission for the account'
    case 'still_has_certificates':
      return 'cannot be "open" while certificates are associated with the hostname: take it off their associated_hostnames first'
    case 'crowded_hostname':
      return `would have more than ${fault.limits.certificates} certificates, or ${fault.limits.bytes} bytes of them, with those that are associated with it already: take some away first`
    case 'too_many_labels':
      return `must have at most ${fault.limit} labels in all hostnames together, not ${fault.labels}: send fewer hostnames`
    case 'no_certificates':
      return 'has no certificate associated with it in this account or zone'
    case 'foreign_setting':
      return describeScope(fault)
    case 'repeated_hostname':
      return `is the same hostname as in settings[${fault.first}]`
    case 'china_network':
      return 'must be false: the China network is not available to this zone'
    case 'hostname_empty':
      return 'must be a hostname, not an empty string'
    case 'hostname_scheme':
      return 'must be a hostname without a scheme such as https://'
    case 'hostname_path':
      return 'must be a hostname without a path, query, fragment or user'
    case 'hostname_port':
      return 'must be a hostname without a port'
    case 'hostname_wildcard':
      return 'must be a hostname without a wildcard: name each host'
    case 'hostname_ip':
      return 'must be a hostname, not an IP address'
    case 'hostname_trailing_dot':
      return 'must be a hostname without a dot at its end'
    case 'hostname_underscore':
      return 'must be a hostname; an underscore is not allowed in one'
    case 'hostname_single_label':
      return 'must be a fully qualified domain name of at least two labels'
    case 'hostname_too_long':
      return `must be a hostname of at most ${fault.limitBytes} bytes in A-label form, not ${fault.bytes}`
    case 'hostname_labels':
      return `must be a hostname of at most ${fault.limit} labels, not ${fault.labels}`
    case 'hostname_label':
      return fault.label === ''
        ? 'must be a hostname without empty labels'
        : 'must be a hostname: each label has 1 to 63 letters, digits and inner hyphens'
    case 'hostname_idna':
      return 'must be a hostname: it has characters that no internationalized domain name has'
    case 'pem_empty':
    case 'pem_no_certificate':
    case 'pem_label':
    case 'pem_boundary':
    case 'pem_unterminated':
    case 'pem_end_without_begin':
    case 'pem_base64':
    case 'too_many_certificates':
    case 'rfc9440_item':
    case 'xfcc_several':
    case 'xfcc_differs':
    case 'not_one_certificate':
      return describePresentedFault(fault)
    case 'other_kind':
      return `${whichCertificate(fault.position, fault.count)}${describePresentedFault(fault)}`
    default:
      return `${whichCertificate(fault.position, fault.count)}${describeCertificate(fault)}`
  }
}

/** Which domains the scope has that a hostname is outside of. */
export function describeScope({ scope: { kind, domains, total }, under }: Omit<ForeignHostname, 'reason'>): string {
  if (under !== undefined) return `a more specific zone than ${under}, in another scope, has this hostname`
  const [first] = domains
  if (first === undefined) return 'this account has no zone yet (npm run admin -- zone add)'
  if (kind === 'zones') return `this zone is ${first}`
  const more = total > domains.length ? ` and ${total - domains.length} more` : ''
  return total === 1
    ? `the zone of this account is ${first}`
    : `the zones of this account are ${domains.join(', ')}${more}`
}

type CertificateLevel = Exclude<
  Extract<FieldFault, { readonly position: number }>,
  { readonly reason: 'crl' | 'other_kind' }
>

function whichCrl({ position, count }: { readonly position: number; readonly count: number }): string {
  return count === 1 ? '' : `(CRL ${position} of ${count}) `
}

/** Says which one of several; of a single one nothing needs saying. */
function whichCertificate(position: number, count: number): string {
  return count === 1 ? '' : `(certificate ${position} of ${count}) `
}

function describeCertificate(fault: CertificateLevel): string {
  switch (fault.reason) {
    case 'certificate_too_large':
      return `is a certificate of ${fault.bytes} bytes; at most ${fault.limitBytes} are accepted`
    case 'certificate_too_complex':
      return `is a certificate with too much in it: ${fault.field}: ${fault.problem}`
    case 'malformed_certificate':
      return `is not a well-formed certificate (DER, RFC 5280): ${fault.field} ${fault.problem}`
    case 'not_a_ca':
      return fault.because === 'no_basic_constraints'
        ? 'is not a CA certificate: it has no Basic Constraints; CA:TRUE is required'
        : 'is not a CA certificate: Basic Constraints has CA:FALSE; CA:TRUE is required'
    case 'no_key_cert_sign':
      return 'is a CA that may not sign certificates: its keyUsage lacks keyCertSign (RFC 5280 4.2.1.3)'
    case 'signature_algorithm':
      return `is signed with ${fault.algorithm}; accepted are SHA-1, SHA-256, SHA-384 and SHA-512 with RSA (PKCS #1) or ECDSA`
    case 'signature_parameters':
      return `is signed with ${fault.algorithm} under parameters that this algorithm does not take`
    case 'key_type':
      return `has a key of type ${fault.key}; accepted are RSA and EC on P-256, P-384 or P-521`
    case 'key_compressed':
      return `has a key of type ${fault.key}; the point of a CA must be uncompressed: issue the certificate again with the same key (openssl ec -conv_form uncompressed)`
    case 'key_size':
      return `has a key of type ${fault.key}; RSA keys must have ${fault.minBits} to ${fault.maxBits} bits`
    case 'key_invalid':
      return `has a key of type ${fault.key} that is not a point on its curve`
    case 'unknown_critical_extension':
      return `has a critical extension that is not known here: ${fault.oid} (RFC 5280 4.2)`
    case 'unprocessed_critical_extension':
      return `has a critical ${fault.extension} that cannot be processed: ${fault.field} ${fault.problem} (RFC 5280 4.2)`
    case 'validity_reversed':
      return `is never valid: notAfter ${rfc3339(fault.notAfter)} is before notBefore ${rfc3339(fault.notBefore)}`
    case 'decoders_disagree':
      return `is read differently by two decoders: ${fault.field}`
    case 'repeated_certificate':
      return `is the same as certificate ${fault.first}`
  }
}
