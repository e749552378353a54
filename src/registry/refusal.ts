import type { HostnameLimits } from '../core/config.ts'
import type { HostnameFault } from '../core/hostname.ts'
import type { QuotaLack } from '../core/model.ts'
import type { PresentedFault } from '../edge/presented.ts'
import type { Denied, Lapse } from '../store/access.ts'
import type { NotFound } from '../store/record-target.ts'
import type { CrlFault, PrivateKeyForm, UploadFault } from '../x509/index.ts'
import type { SerialFault } from './blocked-serials/serial-number.ts'
import type { RecordFilterName } from './certificate-details/rules.ts'
import type { RevertObstacle } from './changes/revert.ts'
import type { FilterName } from './changes/rules.ts'
import type { ClientFilterName } from './clients/rules.ts'
import type { CrlUrlFault } from './crl-fetches/url.ts'
import type { CrlPlace } from './crls/draft.ts'
import type { CrlConflict } from './crls/order.ts'
import type { ForeignHostname } from './hostname-list.ts'

/** What is wrong with one field of a request body. `pointer` is a JSON pointer into the body (RFC 6901). */
export type FieldFault = {
  readonly pointer: string
} & (
  | { readonly reason: 'schema'; readonly detail: string }
  | { readonly reason: PrivateKeyForm }
  | ForeignHostname
  | (Omit<ForeignHostname, 'reason'> & { readonly reason: 'foreign_setting' })
  /** `until` is only for report mode. */
  | { readonly reason: 'until_without_report' }
  | { readonly reason: 'until_out_of_range'; readonly limitDays: number }
  /** A certificate of the account protects the hostname, and the credential may write in the zone only. */
  | { readonly reason: 'account_protects' }
  /** A hostname with certificates cannot be opened. */
  | { readonly reason: 'still_has_certificates' }
  /** The hostname would have more certificates than the limits. */
  | { readonly reason: 'crowded_hostname'; readonly limits: HostnameLimits }
  /** `labels`: those of all hostnames of the request. */
  | { readonly reason: 'too_many_labels'; readonly labels: number; readonly limit: number }
  | { readonly reason: 'repeated_hostname'; readonly first: number }
  | { readonly reason: 'china_network' }
  | { readonly reason: 'no_certificates' }
  | CrlUrlFault
  | HostnameFault
  | PresentedFault
  | UploadFault
  | ({ readonly reason: 'crl'; readonly fault: CrlFault } & Pick<CrlPlace, 'position' | 'count'>)
)

/** Why the registry refuses a request, with the facts. No status codes and no words. */
export type Refusal =
  | Denied
  | NotFound
  | { readonly reason: 'invalid_fields'; readonly faults: readonly FieldFault[] }
  | ({ readonly reason: 'quota_reached' } & QuotaLack)
  | { readonly reason: 'duplicate_certificate' }
  | { readonly reason: 'certificate_in_use'; readonly hostnames: number }
  /** The hostname in the path. */
  | { readonly reason: 'invalid_hostname'; readonly fault: HostnameFault | ForeignHostname }
  /** The serial number in the path. */
  | SerialFault
  /** The query's fingerprint is not a SHA-256. */
  | { readonly reason: 'invalid_fingerprint' }
  /** CRLs that are not newer than the current ones of their CA, coverage and part. */
  | { readonly reason: 'crl_conflict'; readonly conflicts: readonly (CrlConflict & CrlPlace)[] }
  | { readonly reason: 'serial_not_blocked' }
  | { readonly reason: 'change_not_found' }
  /** A parameter that narrows a list down is given twice, or has no such form. */
  | { readonly reason: 'invalid_filter'; readonly parameter: FilterName | RecordFilterName | ClientFilterName }
  /** The change cannot be taken back. */
  | { readonly reason: 'not_revertible'; readonly obstacle: RevertObstacle }
  | ({ readonly reason: 'unknown_token' } & Lapse)
  /** Of a look-up: the token is unknown, switched off, or not valid now. */
  | ({ readonly reason: 'unknown_access_token' } & Lapse)
  /** Of a look-up: the credential may not see it, or it is not there. */
  | { readonly reason: 'cannot_look_up'; readonly what: 'account' | 'zone' | 'user' }
  /** A parameter of the query is given more than once. */
  | { readonly reason: 'repeated_parameter'; readonly parameter: string }
