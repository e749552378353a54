import { at } from '../client.ts'
import { type Child, h } from '../dom.ts'
import type { Context, Page } from '../page.ts'
import {
  action,
  badge,
  button,
  confirmed,
  date,
  download,
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
  section,
  validity,
} from '../parts.ts'
import { canBeTried, foreseen, TRIED, trial } from '../trial.ts'
import type { Blocked, CertificateRecord, Placed, Policy, Trial } from '../wire.ts'
import { changesOf } from './changes.ts'
import { crlsOf } from './crls.ts'

/** One record: what it is, for whom, how it is revoked, what happened to it, and whether it may go. */
export function certificatePage(context: Context, id = ''): Page {
  const { client, scope } = context
  const heading = h('span', {}, 'Certificate')
  const content = loaded(async () => {
    const { result } = await client.edge<CertificateRecord<Placed>>('GET', at(scope, 'certificates', id))
    replace(heading, named(result.name))
    document.title = `${result.name} – access-mtls`
    return parts(context, result)
  })
  return { title: 'Certificate', heading, content: content.element }
}

function parts(context: Context, record: CertificateRecord<Placed>): Child {
  const { id } = record
  return [
    facts(['Id', h('code', {}, id)], ['Added', moment(record.created_at)], ['Changed', moment(record.updated_at)]),
    h(
      'p',
      {},
      action('Download PEM', () => downloadPem(context, record)),
    ),
    section(
      'Chain',
      h('p', { class: 'quiet' }, 'Each stands below the one that issued it.'),
      chain(record.certificates),
    ),
    section('Hostnames', hostnames(context, record)),
    section('Revocation', revocation(context, id)),
    section('Blocked serial numbers', blocks(context, id)),
    section('Changes', changesOf(context, { certificate_id: id })),
    section('Delete', deletion(context, record)),
  ]
}

async function downloadPem({ client, scope }: Context, { id, name }: CertificateRecord<Placed>): Promise<Child> {
  const { text } = await client.edge('GET', at(scope, 'certificates', id), { accept: 'application/x-pem-file' })
  download(`${name.replace(/[^\w.-]+/g, '-')}.pem`, text)
  return 'Downloaded'
}

/** The certificates as a tree: each below its issuer. Those whose issuers are elsewhere, or that certify each other, are at the top. */
export function chain(certificates: readonly Placed[]): HTMLElement {
  const drawn = new Set<number>()
  const draw = (one: Placed): HTMLElement => {
    drawn.add(one.position)
    const below = certificates.filter(({ position, issued_by }) => issued_by === one.position && !drawn.has(position))
    return h(
      'li',
      {},
      link(one),
      below.length > 0 &&
        h(
          'ul',
          { class: 'chain' },
          below.map((other) => !drawn.has(other.position) && draw(other)),
        ),
    )
  }
  const tops = certificates.filter(({ position, issued_by }) => issued_by === null || issued_by === position)
  const roots = [...tops.map(draw)]
  for (const one of certificates) if (!drawn.has(one.position)) roots.push(draw(one))
  return h('ul', { class: 'chain' }, roots)
}

function link(one: Placed): HTMLElement {
  return h(
    'div',
    { class: 'card' },
    h('h3', {}, named(one.subject)),
    h(
      'p',
      { class: 'row' },
      badge('plain', one.role === 'anchor' ? 'Anchor: paths end here' : 'Intermediate'),
      validity(one.not_before, one.not_after),
    ),
    h('p', {}, issuer(one)),
    h('p', {}, coverage(one)),
    h(
      'details',
      {},
      h('summary', {}, 'Key, dates and fingerprints'),
      facts(
        ['Issuer', named(one.issuer)],
        ['Key', one.public_key],
        ['Signature', one.signature_algorithm],
        ['Valid', date(one.not_before), ' to ', date(one.not_after)],
        ['Serial number', h('code', {}, one.serial_number)],
        ['SHA-256', h('code', {}, one.fingerprint_sha256)],
        ['SHA-256 of the key', h('code', {}, one.key_sha256 ?? 'not computed yet')],
      ),
    ),
  )
}

function issuer(one: Placed): Child {
  if (one.self_signed) return 'Self-signed.'
  if (one.issued_by === null) return ['Issued by ', named(one.issuer), ', which is not part of this upload.']
  return `Issued by certificate ${one.issued_by} of this upload.`
}

function coverage({ coverage: covered }: Placed): Child {
  if (covered === null) return badge('plain', 'No CRL covers its clients')
  const { crls, in_parts, until, stale } = covered
  const what = `${crls === 1 ? 'A CRL covers' : `${crls} CRLs cover`} its clients${in_parts ? ', in parts' : ''}`
  return stale
    ? badge('bad', `${what}; stale since `, far(until))
    : badge('good', `${what}; the next is due `, far(until))
}

function hostnames(context: Context, { id, name, associated_hostnames: now }: CertificateRecord<Placed>): Child {
  const { client, scope, to, again } = context
  const text = h('textarea', { rows: Math.min(8, now.length + 2), spellcheck: 'false', dir: 'auto' })
  text.value = now.join('\n')
  const title = h('input', { required: true, maxlength: 350, dir: 'auto' })
  title.value = name
  const body = () => ({ name: title.value, associated_hostnames: text.value.split(/[\s,]+/).filter(Boolean) })
  const path = at(scope, 'access', 'certificates', id)
  return [
    now.length === 0
      ? empty('It is associated with no hostname, so it lets nobody in. Name the hostnames below.')
      : h(
          'ul',
          {},
          now.map((one) => h('li', {}, h('a', { href: to('hostnames', one) }, named(one)))),
        ),
    h(
      'details',
      {},
      h('summary', {}, 'Change name or hostnames'),
      form(
        'Save',
        [
          field('Name', title),
          field('Hostnames, one a line', text, 'All that it is for: who is missing here is taken off.'),
        ],
        async () => {
          const { messages } = await client.cloudflare('PUT', path, { body: body() })
          setTimeout(again, messages.length > 0 ? 8_000 : 800)
          return said('Saved.', { messages })
        },
      ),
      trial('PUT access/certificates/{certificate_id}', () =>
        client.cloudflare('PUT', path, { body: body(), query: TRIED }),
      ),
    ),
  ]
}

function revocation(context: Context, id: string): Child {
  const { client, scope } = context
  return [
    crlsOf(context, id),
    loaded(async () => {
      const { result } = await client.edge<Policy>('GET', at(scope, 'certificates', id, 'revocation'))
      const stale = choice(result.stale_policy, { hard: 'refuse the client', soft: 'let the client in' })
      const uncovered = choice(result.uncovered, { allow: 'let the client in', refuse: 'refuse the client' })
      const url = h('input', { type: 'url', inputmode: 'url', spellcheck: 'false' })
      url.value = result.crl_url ?? ''
      return h(
        'details',
        {},
        h('summary', {}, 'Policy where revocation is not certain'),
        form(
          'Save policy',
          [
            field('A CRL is past its next update and does not list the client', stale),
            field('No CRL covers the client', uncovered),
            'crl_url' in result && field('Fetch CRLs from this URL', url, 'Empty: they are only uploaded.'),
          ],
          async () => {
            const body = {
              stale_policy: stale.value,
              uncovered: uncovered.value,
              ...('crl_url' in result && { crl_url: url.value === '' ? null : url.value }),
            }
            return said('Saved.', await client.edge('PUT', at(scope, 'certificates', id, 'revocation'), { body }))
          },
        ),
      )
    }).element,
  ]
}

/** A choice among few values. */
export function choice(value: string, values: Readonly<Record<string, string>>): HTMLSelectElement {
  const select = h(
    'select',
    {},
    Object.entries(values).map(([one, words]) => h('option', { value: one }, words)),
  )
  select.value = value
  return select
}

function blocks({ client, scope }: Context, id: string): Child {
  const path = (...names: string[]) => at(scope, 'certificates', id, 'blocked_serials', ...names)
  const serial = h('input', { required: true, autocomplete: 'off', spellcheck: 'false' })
  const list = loaded(async () => {
    const { result, info } = await client.edge<Blocked[]>('GET', path(), { query: { per_page: 200 } })
    if (result.length === 0)
      return h('p', {}, 'None is blocked. A block refuses one client certificate at once, without a CRL.')
    const left = (info?.total_count ?? 0) - result.length
    return [
      h(
        'ul',
        { class: 'rows' },
        result.map((one) =>
          h(
            'li',
            { class: 'card row' },
            h('code', {}, one.serial),
            h('span', { class: 'quiet' }, 'blocked ', moment(one.blocked_at)),
            action(
              'Unblock',
              async () => {
                await client.edge('DELETE', path(one.serial))
                await list.load()
                return 'Unblocked'
              },
              { 'aria-label': `Unblock ${one.serial}` },
            ),
          ),
        ),
      ),
      left > 0 && h('p', { class: 'quiet' }, `${left} more are blocked.`),
    ]
  })
  return [
    list.element,
    form(
      'Block',
      field(
        'Serial number of a client certificate',
        serial,
        'Hexadecimal, as OpenSSL prints it, or dec: and decimal digits.',
      ),
      async () => {
        const { result, messages } = await client.edge<Blocked>('PUT', path(serial.value.trim()))
        await list.load()
        return said(`${result.serial} is blocked.`, { messages })
      },
    ),
  ]
}

/** What holds for certain is said at once; what the API would say of it, where it can be asked without doing it. */
function deletion(context: Context, record: CertificateRecord<Placed>): Child {
  const { client, scope, go, to } = context
  const { id, name, associated_hostnames: used } = record
  const path = at(scope, 'access', 'certificates', id)
  if (used.length > 0) {
    return h(
      'p',
      { class: 'note warn' },
      `It may not be deleted: it is associated with ${used.length === 1 ? '1 hostname' : `${used.length} hostnames`}. `,
      'Take them off first, under “Hostnames”. Their clients below this CA are then refused.',
    )
  }
  const details = async (): Promise<Child> => {
    const kept = h('p', {}, 'Its CRLs and blocked serial numbers go with it. Under “Changes” it can be taken back.')
    if (!canBeTried('DELETE access/certificates/{certificate_id}')) return kept
    return [kept, foreseen((await client.cloudflare<Trial>('DELETE', path, { query: TRIED })).result)]
  }
  const remove = async () => {
    await client.cloudflare('DELETE', path)
    go(to('certificates'))
  }
  return [
    h('p', {}, 'It may be deleted: no hostname is associated with it.'),
    button('Delete …', () => confirmed(`Delete ${name}?`, details, 'Delete', remove), { class: 'danger' }),
  ]
}
