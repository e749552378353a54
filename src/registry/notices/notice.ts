import { rfc3339 } from '../../core/rfc3339.ts'
import type { AccountId, CertificateId, UnixSeconds } from '../../core/units.ts'

/** What somebody has to do in time. */
export type Notice = {
  readonly accountId: AccountId
  readonly accountName: string
  /** When it happens, or happened. */
  readonly at: UnixSeconds
  /** How many days before it people are told; 0: it has happened. */
  readonly days: number
} & (
  | {
      readonly kind: 'certificate_expires'
      readonly certificateId: CertificateId
      /** Of the record. */
      readonly name: string
      readonly subject: string
      readonly sha256: string
    }
  | {
      readonly kind: 'crl_goes_stale'
      readonly certificateId: CertificateId
      readonly name: string
      readonly issuer: string
    }
  | {
      readonly kind: 'crl_fetch_fails'
      readonly certificateId: CertificateId
      readonly name: string
      readonly error: string
    }
  | { readonly kind: 'report_mode_ends'; readonly hostname: string }
)

/** Most characters of a name in a message. */
const MAX_NAME = 200

const short = (text: string) => (text.length > MAX_NAME ? `${text.slice(0, MAX_NAME)}…` : text)

/** What a person reads: what happens, when, what it means and what to do. */
export function noticeText(notice: Notice): string {
  const { days, accountName } = notice
  const when =
    days === 0 ? `since ${rfc3339(notice.at)}` : `in ${days} day${days === 1 ? '' : 's'}, at ${rfc3339(notice.at)}`
  const account = `account ${short(accountName)}`
  switch (notice.kind) {
    case 'certificate_expires': {
      const verb = days === 0 ? 'is expired' : 'expires'
      return `${short(notice.subject)} of certificate "${short(notice.name)}" (${account}) ${verb} ${when}. Clients below it are refused from then on: register its successor beside it.`
    }
    case 'crl_goes_stale': {
      const verb = days === 0 ? 'is stale' : 'goes stale'
      return `The CRL of ${short(notice.issuer)}, uploaded to certificate "${short(notice.name)}" (${account}), ${verb} ${when}. Clients that it does not list are refused from then on, unless stale_policy is soft: upload the next one.`
    }
    case 'crl_fetch_fails':
      return `The CRL of certificate "${short(notice.name)}" (${account}) cannot be fetched since ${rfc3339(notice.at)}: ${short(notice.error)}.`
    case 'report_mode_ends': {
      const verb = days === 0 ? 'has ended' : 'ends'
      return `Report mode of ${notice.hostname} (${account}) ${verb} ${when}. Clients that it would refuse are refused from then on.`
    }
  }
}
