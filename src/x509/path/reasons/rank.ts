import type { PathCode } from './fault.ts'

/**
 * How much a reason helps the person who reads it; the highest over all candidate paths is reported. What is known for
 * certain of a certificate that the leaf does chain to comes first; that nothing was found comes last.
 */
const RANK: Readonly<Record<PathCode, number>> = {
  // The search did not end: any other reason may be beside the point.
  limit_reached: 100,
  // About the leaf: they hold whatever the path. What makes it no certificate goes before what makes it unfit.
  certificate_too_large: 98,
  certificate_too_complex: 98,
  malformed_certificate: 97,
  issuer_empty: 96,
  leaf_subject_empty: 95,
  leaf_name_constraints: 95,
  // Known for certain, of a path that is valid in all else: nothing that another path lacks matters more.
  revoked: 94,
  blocked: 93,
  crl_stale: 92,
  not_covered: 91,
  // Time first: it is the commonest, and the one that was true of a path that once worked.
  expired: 90,
  not_yet_valid: 90,
  leaf_ext_key_usage: 88,
  leaf_key_usage: 87,
  // A path whose signatures hold, refused by what its CAs allow.
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
  // Whether the signature would hold is not known.
  signature_algorithm_not_allowed: 60,
  signature_parameters: 60,
  key_not_allowed: 58,
  key_compressed: 58,
  key_unusable: 56,
  // The name fits, the key does not: perhaps another CA of that name.
  signature_invalid: 40,
  // Perhaps the missing link, perhaps not.
  anchor_unreadable: 22,
  intermediate_unreadable: 20,
  self_signed: 12,
  no_issuer: 10,
  no_anchors: 5,
}

export function rank(code: PathCode): number {
  return RANK[code]
}
