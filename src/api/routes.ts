import { BLOCKED_SERIALS } from '../registry/blocked-serials/api.ts'
import { CERTIFICATE_DETAILS } from '../registry/certificate-details/api.ts'
import { CERTIFICATES } from '../registry/certificates/api.ts'
import { CHANGES } from '../registry/changes/api.ts'
import { CLIENTS } from '../registry/clients/api.ts'
import { CRL_FETCHES } from '../registry/crl-fetches/api.ts'
import { CRLS } from '../registry/crls/api.ts'
import { EXPIRY } from '../registry/expiry/api.ts'
import { HOSTNAME_STATE } from '../registry/hostname-state/api.ts'
import { LOOKUPS } from '../registry/lookups/api.ts'
import { MODES } from '../registry/modes/api.ts'
import { QUOTAS } from '../registry/quotas/api.ts'
import type { Refusal } from '../registry/refusal.ts'
import { REFUSALS } from '../registry/refusals/api.ts'
import { REVOCATION_POLICIES } from '../registry/revocation-policies/api.ts'
import { SETTINGS } from '../registry/settings/api.ts'
import { TOKENS } from '../registry/tokens/api.ts'
import { VERIFY } from '../registry/verify/api.ts'
import type { HttpRefusal } from '../web/http-refusal.ts'
import type { Operation } from '../web/operation.ts'

/** All operations, in the order in which paths are matched. `settings` comes before the paths with a certificate's id. */
export const ROUTES: readonly Operation<Refusal | HttpRefusal>[] = [
  ...SETTINGS,
  ...CERTIFICATES,
  ...TOKENS,
  ...LOOKUPS,
  ...VERIFY,
  ...QUOTAS,
  ...MODES,
  ...HOSTNAME_STATE,
  ...CERTIFICATE_DETAILS,
  ...CLIENTS,
  ...CRLS,
  ...CRL_FETCHES,
  ...EXPIRY,
  ...CHANGES,
  ...REFUSALS,
  ...REVOCATION_POLICIES,
  ...BLOCKED_SERIALS,
]
