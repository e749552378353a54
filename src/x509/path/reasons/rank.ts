import type { PathCode } from './fault.ts'

/**
 * How useful a reason is to the person who reads it. The most useful reason over all candidate paths is reported. Faults of
 * certificates that the leaf certainly chains to are first; reasons why no path was found are last.
 */
const RANK: Readonly<Record<PathCode, number>> = {
  // The search did not end, so any other reason may be irrelevant.
  limit_reached: 100,
  // Faults of the leaf, which are the same on every path. An unreadable leaf is told before an unfit one.
  certificate_too_large: 98,
  certificate_too_complex: 98,
  malformed_certificate: 97,
  issuer_empty: 96,
  leaf_subject_empty: 95,
  leaf_name_constraints: 95,
  // The path is valid in all else, so this matters more than a fault of another path.
  revoked: 94,
  blocked: 93,
  crl_stale: 92,
  not_covered: 91,
  // Time is first: it is the most common reason, and the one by which a path that worked stops working.
  expired: 90,
  not_yet_valid: 90,
  leaf_ext_key_usage: 88,
  leaf_key_usage: 87,
  // The signatures are valid; the CAs of the path do not allow it.
  name_excluded: 85,
  name_not_permitted: 85,
  name_unreadable: 84,
  name_form_unsupported: 84,
  name_constraint_malformed: 84,
  path_len_exceeded: 80,
  policy_required: 79,
  policy_mapping_any: 79,
  ca_ext_key_usage: 78,
  not_a_ca: 76,
  no_key_cert_sign: 76,
  unknown_critical_extension: 74,
  unprocessed_critical_extension: 74,
  // Whether the signature is valid is not known.
  signature_algorithm_not_allowed: 60,
  signature_parameters: 60,
  key_not_allowed: 58,
  key_compressed: 58,
  key_unusable: 56,
  // The name matches and the key does not: it may be another CA of that name.
  signature_invalid: 40,
  // It may be the missing certificate, or not.
  anchor_unreadable: 22,
  intermediate_unreadable: 20,
  self_signed: 12,
  no_issuer: 10,
  no_anchors: 5,
}

export function rank(code: PathCode): number {
  return RANK[code]
}
