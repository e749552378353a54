import { at, has } from '../client.ts'
import { type Child, h } from '../dom.ts'
import type { Context, Page } from '../page.ts'
import {
  badge,
  button,
  confirmed,
  empty,
  facts,
  far,
  field,
  form,
  loaded,
  moment,
  named,
  replace,
  said,
} from '../parts.ts'
import { canBeTried, foreseen, TRIED } from '../trial.ts'
import type { CertificateRecord, Crl, CrlFetch, Quotas, Trial } from '../wire.ts'
import { records } from './certificates.ts'

/** Records whose CRLs are asked for at a time: a credential may make 240 requests a minute. */
const RECORDS = 50

/** The CRLs of all records. The API lists them by record. */
export function crlsPage(context: Context): Page {
  const { client, scope } = context
  const content = loaded(async () => {
    const [{ result }, found] = await Promise.all([client.edge<Quotas>('GET', at(scope, 'quotas')), records(context)])
    return result.crls.used === 0 ? noneYet(context, found) : lists(context, found)
  })
  return { title: 'CRLs', content: content.element }
}

function noneYet({ to }: Context, found: readonly CertificateRecord[]): Child {
  const [first] = found
  return empty(
    h('p', {}, h('strong', {}, 'No CRL is uploaded yet, so no client is refused because it is revoked.')),
    first === undefined
      ? h(
          'p',
          {},
          h('a', { href: to('add') }, 'Register a CA certificate'),
          ' first; then upload the CRL of that CA to it.',
        )
      : h(
          'p',
          {},
          'Upload the CRL of a CA on the page of its certificate, such as ',
          h('a', { href: to('certificates', first.id) }, named(first.name)),
          '. Or block a serial number there, which needs no CRL.',
        ),
  )
}

function lists(context: Context, found: readonly CertificateRecord[]): Child {
  const parts = h('div', {})
  const more = h('p', {})
  let shown = 0
  const show = async () => {
    const next = found.slice(shown, shown + RECORDS)
    shown += RECORDS
    replace(more)
    for (const record of next) {
      const { result } = await context.client.edge<Crl[]>('GET', at(context.scope, 'certificates', record.id, 'crl'))
      if (result.length === 0) continue
      const link = h('a', { href: context.to('certificates', record.id) }, named(record.name))
      parts.append(h('section', {}, h('h2', {}, link), rows(result), source(context, record.id)))
    }
    const left = found.length - shown
    if (left > 0) replace(more, button(`Look at ${Math.min(left, RECORDS)} more of ${left} certificates`, show))
    else if (parts.childElementCount === 0) replace(parts, empty('The CRLs of this account are in another scope.'))
  }
  return loaded(async () => {
    await show()
    return [parts, more]
  }).element
}

function rows(crls: readonly Crl[]): HTMLElement {
  return h('ul', { class: 'rows' }, crls.map(row))
}

function row(crl: Crl): HTMLElement {
  return h(
    'li',
    { class: 'card' },
    h('h3', {}, 'CRL of ', named(crl.issuer)),
    h(
      'p',
      { class: 'row' },
      crl.stale
        ? badge('bad', 'Stale: its next update was due ', far(crl.next_update))
        : badge('good', 'Current: the next update is due ', far(crl.next_update)),
      badge('plain', crl.entries === 1 ? '1 entry' : `${crl.entries} entries`),
    ),
    facts(
      ['Issued', moment(crl.this_update), ' (', far(crl.this_update), ')'],
      ['Next update', moment(crl.next_update)],
      ['Uploaded', moment(crl.uploaded_at)],
      ['Number', crl.number === null ? 'none' : h('code', {}, crl.number)],
      [
        'Covers',
        { all: 'all certificates of the CA', user: 'its client certificates', ca: 'its CA certificates' }[crl.covers],
      ],
      crl.part !== null && ['Part', crl.part.map((name) => h('div', {}, named(name)))],
    ),
  )
}

/** Where the CRLs of a record come from, where the API fetches them. */
function source({ client, scope }: Context, id: string): Child {
  if (!has('GET certificates/{certificate_id}/crl_fetch')) return undefined
  return loaded(async () => {
    const { result } = await client.edge<CrlFetch | null>('GET', at(scope, 'certificates', id, 'crl_fetch'))
    if (result === null) return h('p', { class: 'quiet' }, 'Source: they are uploaded.')
    return facts(
      ['Source', h('code', {}, result.crl_url)],
      ['Fetched', result.fetched_at === null ? 'not yet' : moment(result.fetched_at)],
      result.failures > 0 && ['Failures since', badge('bad', `${result.failures}: ${result.error ?? ''}`)],
      ['Next', result.next_at === null ? 'within five minutes' : moment(result.next_at)],
    )
  }).element
}

/** The CRLs of one record, with the form for more of them. */
export function crlsOf(context: Context, id: string): Child {
  const { client, scope } = context
  const path = at(scope, 'certificates', id, 'crl')
  const list = loaded(async () => {
    const { result, info } = await client.edge<Crl[]>('GET', path, { query: { per_page: 100 } })
    if (result.length === 0) return h('p', {}, 'No CRL was uploaded here.')
    const left = (info?.total_count ?? 0) - result.length
    return [
      rows(result),
      left > 0 && h('p', { class: 'quiet' }, `${left} more CRLs are here.`),
      button(
        'Delete these CRLs …',
        () => confirmed('Delete all CRLs of this certificate?', details, 'Delete', remove),
        { class: 'danger' },
      ),
    ]
  })
  const details = async (): Promise<Child> => {
    const warning = h('p', {}, 'Clients that they revoke get in again, unless the policy refuses what no CRL covers.')
    if (!canBeTried('DELETE certificates/{certificate_id}/crl')) return warning
    return [warning, foreseen((await client.edge<Trial>('DELETE', path, { query: TRIED })).result)]
  }
  const remove = async () => {
    await client.edge('DELETE', path)
    await list.load()
  }
  const file = h('input', { type: 'file', required: true, accept: '.crl,.pem,.der' })
  return [
    list.element,
    source(context, id),
    form('Upload', field('CRL file', file, 'PEM or DER, of this CA or of one below or above it.'), async () => {
      const [chosen] = file.files ?? []
      if (chosen === undefined) return 'Choose a file first.'
      const body = new Uint8Array(await chosen.arrayBuffer())
      const { result, messages } = await client.edge<Crl[]>('PUT', path, { body })
      await list.load()
      const count = result.length === 1 ? 'The CRL is' : `${result.length} CRLs are`
      return said(`${count} current from now on.`, { messages })
    }),
  ]
}
