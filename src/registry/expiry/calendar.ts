import type { UnixSeconds } from '../../core/units.ts'
import type { Expiry } from './sql.ts'

/** Most octets of a line without its end (RFC 5545 3.1). */
const MAX_LINE = 75

const SUMMARIES: Readonly<Record<Expiry['kind'], string>> = {
  certificate: 'expires: ',
  crl: 'CRL goes stale: ',
  report_mode: 'report mode ends: ',
}

/** What ends, as a calendar with alarms 30 and 7 days before (RFC 5545). @param now when it is made */
export function calendarOf(expiries: readonly Expiry[], now: UnixSeconds): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//access-mtls//expiry//EN',
    ...expiries.flatMap((one) => eventOf(one, now)),
    'END:VCALENDAR',
  ]
  return lines.map((line) => `${folded(line)}\r\n`).join('')
}

function eventOf({ kind, at, certificateId, subject, name }: Expiry, now: UnixSeconds): readonly string[] {
  const summary = `${SUMMARIES[kind]}${subject}${name === undefined ? '' : ` (${name})`}`
  return [
    'BEGIN:VEVENT',
    // The same for the same thing: a calendar that is read again changes the event in place of adding one.
    `UID:${escaped(`${kind}-${certificateId ?? ''}-${at}-${subject}`)}`,
    `DTSTAMP:${stamp(now)}`,
    `DTSTART:${stamp(at)}`,
    `SUMMARY:${escaped(summary)}`,
    ...[30, 7].flatMap((days) => [
      'BEGIN:VALARM',
      'ACTION:DISPLAY',
      `TRIGGER:-P${days}D`,
      `DESCRIPTION:${escaped(summary)}`,
      'END:VALARM',
    ]),
    'END:VEVENT',
  ]
}

/** A moment in UTC (RFC 5545 3.3.5). */
function stamp(at: UnixSeconds): string {
  return new Date(at * 1_000).toISOString().replace(/[-:]|\.\d+/g, '')
}

/** A text value (RFC 5545 3.3.11). It has no control characters: a line end in a name would begin another property. */
function escaped(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').replace(/[\\;,]/g, '\\$&')
}

/** A line in parts of at most 75 octets, none of which ends within a character. */
function folded(line: string): string {
  let out = ''
  let octets = 0
  for (const character of line) {
    const length = new TextEncoder().encode(character).length
    if (octets + length > MAX_LINE) {
      out += '\r\n '
      octets = 1
    }
    out += character
    octets += length
  }
  return out
}
