import { rfc3339 } from '../core/rfc3339.ts'
import { entryOf, type Table } from '../core/table.ts'
import { PRESENTED_FAULT_TEXTS } from '../edge/presented.ts'
import { describeCrl } from '../registry/crls/fault-text.ts'
import type { ForeignHostname } from '../registry/hostname-list.ts'
import type { FieldFault } from '../registry/refusal.ts'

/** The detail of an `invalid_request`: which field, what is wrong with it, and where it helps, what to do. */
export function describeFault(fault: FieldFault): string {
  const text = entryOf<FieldFault, 'reason', string>(TEXTS, 'reason', fault)
  // The real service's own words (contract 4). The pointer says which hostname.
  return fault.reason === 'foreign_hostname' ? text : `${fieldName(fault.pointer)} ${whichOne(fault)}${text}`
}

/** `/settings/2/hostname` reads `settings[2].hostname`. An empty pointer is the body itself. */
function fieldName(pointer: string): string {
  if (pointer === '') return 'the request body'
  const [first, ...rest] = pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  return [first, ...rest.map((token) => (/^\d+$/.test(token) ? `[${token}]` : `.${token}`))].join('')
}

/** Which certificate or CRL of a field it is, where the field holds several. */
function whichOne(fault: FieldFault): string {
  if (!('position' in fault) || fault.count === 1) return ''
  return `(${fault.reason === 'crl' ? 'CRL' : 'certificate'} ${fault.position} of ${fault.count}) `
}

const TEXTS: Table<FieldFault, 'reason', string> = {
  ...PRESENTED_FAULT_TEXTS,
  schema: ({ detail }) => detail,
  crl: ({ fault }) => describeCrl(fault),
  private_key: 'holds a private key: never send one; send the CA certificate only, and consider that key exposed',
  pkcs12:
    'holds a private key: it is PKCS #12 (.p12, .pfx); openssl pkcs12 -nokeys -in FILE prints the certificates alone; never send the key, and consider it exposed',
  foreign_hostname: (fault) => `domain does not belong to zone: ${describeScope(fault)}`,
  foreign_setting: describeScope,
  until_without_report: 'belongs to mode "report" only: leave it out',
  until_out_of_range: ({ limitDays }) => `must be in the future, at most ${limitDays} days from now`,
  account_protects:
    'cannot be set with a permission for the zone only: a certificate of the account protects the hostname; use a credential with write permission for the account',
  still_has_certificates:
    'cannot be "open" while certificates are associated with the hostname: remove it from their associated_hostnames first',
  crowded_hostname: ({ limits }) =>
    `would have more than ${limits.certificates} certificates, or ${limits.bytes} bytes of them, with those that are associated with it already: take some away first`,
  too_many_labels: ({ limit, labels }) =>
    `must have at most ${limit} labels in all hostnames together, not ${labels}: send fewer hostnames`,
  crl_url_form:
    'must be a URL such as https://crl.example.com/ca.crl: https on port 443, without user, password and fragment, of at most 2,048 characters',
  crl_url_host: ({ hosts }) =>
    hosts.length === 0
      ? 'cannot be set: this service fetches no CRLs until its operator sets CRL_SOURCE_HOSTS; upload them instead'
      : `must be on a host that the operator of this service allows (CRL_SOURCE_HOSTS): ${hosts.slice(0, 10).join(', ')}${hosts.length > 10 ? ', …' : ''}`,
  no_certificates: 'has no certificate associated with it in this account or zone: associate one first',
  repeated_hostname: ({ first }) => `is the same hostname as in settings[${first}]: send each hostname once`,
  china_network: 'must be false: the China network is not available to this zone',
  hostname_empty: 'must be a hostname, not an empty string',
  hostname_scheme: 'must be a hostname without a scheme such as https://',
  hostname_path: 'must be a hostname without a path, query, fragment or user',
  hostname_port: 'must be a hostname without a port',
  hostname_wildcard: 'must be a hostname without a wildcard: name each host',
  hostname_ip: 'must be a hostname, not an IP address',
  hostname_trailing_dot: 'must be a hostname without a dot at its end',
  hostname_underscore: 'must be a hostname without an underscore',
  hostname_single_label: 'must be a fully qualified domain name of at least two labels',
  hostname_too_long: ({ limitBytes, bytes }) =>
    `must be a hostname of at most ${limitBytes} bytes in A-label form, not ${bytes}`,
  hostname_labels: ({ limit, labels }) => `must be a hostname of at most ${limit} labels, not ${labels}`,
  hostname_label: ({ label }) =>
    label === ''
      ? 'must be a hostname without empty labels'
      : 'must be a hostname: each label has 1 to 63 letters, digits and inner hyphens',
  hostname_idna: 'must be a hostname: it has characters that an internationalized domain name cannot have',
  certificate_too_large: ({ bytes, limitBytes }) =>
    `is a certificate of ${bytes} bytes; at most ${limitBytes} are accepted`,
  certificate_too_complex: ({ field, problem }) => `is a certificate with too much in it: ${field}: ${problem}`,
  malformed_certificate: ({ field, problem }) =>
    `is not a well-formed certificate (DER, RFC 5280): ${field} ${problem}`,
  not_a_ca: ({ because }) =>
    because === 'no_basic_constraints'
      ? 'is not a CA certificate: it has no Basic Constraints; CA:TRUE is required'
      : 'is not a CA certificate: Basic Constraints has CA:FALSE; CA:TRUE is required',
  no_key_cert_sign: 'is a CA that may not sign certificates: its keyUsage lacks keyCertSign (RFC 5280 4.2.1.3)',
  signature_algorithm: ({ algorithm }) =>
    `is signed with ${algorithm}; accepted are SHA-1, SHA-256, SHA-384 and SHA-512 with RSA (PKCS #1) or ECDSA`,
  signature_parameters: ({ algorithm }) =>
    `is signed with ${algorithm} under parameters that this algorithm does not take`,
  key_type: ({ key }) => `has a key of type ${key}; accepted are RSA and EC on P-256, P-384 or P-521`,
  key_compressed: ({ key }) =>
    `has a key of type ${key}; the point of a CA must be uncompressed: issue the certificate again with the same key (openssl ec -conv_form uncompressed)`,
  key_size: ({ key, minBits, maxBits }) => `has a key of type ${key}; RSA keys must have ${minBits} to ${maxBits} bits`,
  key_invalid: ({ key }) => `has a key of type ${key} that is not a point on its curve`,
  unknown_critical_extension: ({ oid }) => `has a critical extension that is not known here: ${oid} (RFC 5280 4.2)`,
  unprocessed_critical_extension: ({ extension, field, problem }) =>
    `has a critical ${extension} that cannot be processed: ${field} ${problem} (RFC 5280 4.2)`,
  validity_reversed: ({ notAfter, notBefore }) =>
    `is never valid: notAfter ${rfc3339(notAfter)} is before notBefore ${rfc3339(notBefore)}`,
  decoders_disagree: ({ field }) => `is read differently by two decoders: ${field}`,
  repeated_certificate: ({ first }) => `is the same as certificate ${first}: send each certificate once`,
}

/** Why a hostname is outside of a scope: which domains the scope has, or that a more specific zone has the hostname. */
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
