import type { RecordFilterName } from './rules.ts'

/** What each parameter of the list must be. */
export const RECORD_FILTER_FORMS: Readonly<Record<RecordFilterName, string>> = {
  hostname: 'a hostname',
  fingerprint: 'an MD5 or SHA-256 in hexadecimal, with or without colons',
  subject: 'a part of a subject, of 1 to 256 characters',
  expires_before: 'a time such as 2027-01-31T00:00:00Z',
}
