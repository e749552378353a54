import { entryOf, type Table } from '../../core/table.ts'
import type { Overlap } from './overlaps.ts'
import type { NextEvent } from './rules.ts'

/** How many characters of a name a message repeats, and how many names. */
const MAX_NAME_CHARACTERS = 200
const MAX_NAMES = 3

const short = (name: string) => name.slice(0, MAX_NAME_CHARACTERS)

const caOf = ([{ subject }]: Overlap['certificates']) => short(subject)

const named = (names: readonly string[]) => {
  const more = names.length - MAX_NAMES
  return [...names.slice(0, MAX_NAMES).map(short), ...(more > 0 ? [`${more} more`] : [])].join(' and ')
}

const OVERLAPS: Table<Overlap, 'code', string> = {
  same_certificate: ({ certificates }) =>
    `${caOf(certificates)} is in ${certificates.length} records: it is trusted until the hostname is removed from all of them`,
  same_key: ({ certificates }) =>
    `${caOf(certificates)} has ${certificates.length} certificates with one key: its clients come in by any of them that is valid`,
  same_name: ({ certificates, keys }) =>
    `${caOf(certificates)} has ${keys} keys: clients of each come in by the certificate with that key, and by no other`,
  cross_signed: ({ certificates, isAnchor, issuers }) =>
    `${caOf(certificates)} is ${isAnchor ? 'an anchor, and also ' : ''}certified by ${named(issuers)}: its clients come in either way, and still do after one of them is removed`,
}

/** What an overlap means for who comes in. */
export const overlapText = (overlap: Overlap): string => entryOf<Overlap, 'code', string>(OVERLAPS, 'code', overlap)

const EVENTS: Table<NextEvent, 'kind', string> = {
  certificate: ({ subject, role }) =>
    `${short(subject)} expires: clients whose only path ${role === 'anchor' ? 'ends at' : 'goes over'} it are refused`,
  crl: ({ issuer, whenStale }) =>
    `the CRL of ${short(issuer)} goes stale: certificates that it does not list are ${
      whenStale === 'hard' ? 'refused' : 'still let in, as the policy is soft'
    }`,
  report_mode: 'report mode ends: clients that it lets through are refused',
}

/** What happens then. */
export const eventText = (event: NextEvent): string => entryOf<NextEvent, 'kind', string>(EVENTS, 'kind', event)
