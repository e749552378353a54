import { all, at } from '../client.ts'
import { h } from '../dom.ts'
import type { Context, Page } from '../page.ts'
import { announce, bar, button, date, empty, field, loaded, named, replace, type Span, validity } from '../parts.ts'
import type { CertificateRecord } from '../wire.ts'

/** Rows that are shown at a time: more of them make a page slow, and nobody reads them. */
const ROWS = 100

/** Bars show no more than this around now, in milliseconds: a root of 30 years would make all others dots. */
const PAST_MS = 2 * 365 * 86_400_000
const FUTURE_MS = 5 * 365 * 86_400_000

/** All records of a scope. */
export const records = ({ client, scope }: Context): Promise<CertificateRecord[]> =>
  all((query) => client.edge<CertificateRecord[]>('GET', at(scope, 'certificates'), { query }))

/** The certificate of a record that expires first. */
export function firstToExpire(record: CertificateRecord) {
  const [first, ...others] = record.certificates
  return others.reduce((one, other) => (one !== undefined && one.not_after <= other.not_after ? one : other), first)
}

/** The certificates of a scope on the time of their validity. */
export function certificatesPage(context: Context): Page {
  return { title: 'Certificates', content: loaded(async () => list(context, await records(context))).element }
}

function list(context: Context, found: readonly CertificateRecord[]) {
  if (found.length === 0) return nothingYet(context)
  const sorted = found
    .map((record) => ({ record, first: firstToExpire(record), text: textOf(record) }))
    .toSorted((a, b) => (a.first?.not_after ?? '').localeCompare(b.first?.not_after ?? ''))
  const span = spanOf(sorted.flatMap(({ first }) => first ?? []))
  const rows = h('ol', { class: 'rows' })
  const more = h('p', {})
  const search = h('input', { type: 'search', autocomplete: 'off', spellcheck: 'false' })
  let shown = ROWS
  const show = () => {
    const words = search.value.trim().toLowerCase()
    const matching = sorted.filter(({ text }) => text.includes(words))
    replace(
      rows,
      matching.slice(0, shown).map(({ record, first }) => first && row(context, record, first, span)),
    )
    const left = matching.length - shown
    replace(
      more,
      left > 0 &&
        button(`Show ${Math.min(left, ROWS)} more of ${left}`, () => {
          shown += ROWS
          show()
          rows.querySelectorAll('a')[shown - ROWS]?.focus()
        }),
    )
    return matching.length
  }
  show()
  search.addEventListener('input', () => {
    shown = ROWS
    announce(`${show()} of ${sorted.length} certificates`)
  })
  return [
    h('p', {}, `${sorted.length} registered. The next to expire is first; the line in each bar is today.`),
    field('Search by name, hostname or subject', search),
    h('p', { class: 'axis quiet', 'aria-hidden': 'true' }, [date(iso(span.from)), date(iso(span.to))]),
    rows,
    more,
  ]
}

const iso = (ms: number) => new Date(ms).toISOString()

function row(
  { to }: Context,
  record: CertificateRecord,
  first: NonNullable<ReturnType<typeof firstToExpire>>,
  span: Span,
) {
  const { id, name, associated_hostnames: hostnames, certificates } = record
  const [hostname, ...others] = hostnames
  return h(
    'li',
    { class: 'card' },
    h('h2', {}, h('a', { href: to('certificates', id) }, named(name))),
    h('p', { class: 'row' }, validity(first.not_before, first.not_after), date(first.not_after)),
    bar(first.not_before, first.not_after, span),
    h(
      'p',
      { class: 'quiet' },
      hostname === undefined ? 'For no hostname yet' : ['For ', named(hostname)],
      others.length > 0 && ` and ${others.length} more`,
      certificates.length > 1 && `, ${certificates.length} certificates`,
    ),
  )
}

function textOf({ id, name, associated_hostnames, certificates }: CertificateRecord): string {
  return [id, name, ...associated_hostnames, ...certificates.map(({ subject }) => subject)].join('\n').toLowerCase()
}

function spanOf(validities: readonly { readonly not_before: string; readonly not_after: string }[]): Span {
  const now = Date.now()
  const begins = validities.map(({ not_before }) => Date.parse(not_before))
  const ends = validities.map(({ not_after }) => Date.parse(not_after))
  return {
    from: Math.max(
      now - PAST_MS,
      begins.reduce((a, b) => Math.min(a, b), now),
    ),
    to: Math.min(
      now + FUTURE_MS,
      ends.reduce((a, b) => Math.max(a, b), now),
    ),
  }
}

function nothingYet({ to }: Context) {
  return empty(
    h('p', {}, h('strong', {}, 'No CA certificate is registered here yet.')),
    h(
      'p',
      {},
      'Clients of a hostname get in with a certificate below a CA that is registered for it. ',
      h('a', { href: to('add') }, 'Register the first CA certificate'),
      ', or drop its PEM file anywhere on this page.',
    ),
  )
}
