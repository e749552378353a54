import { all, at, has } from '../client.ts'
import { type Child, h } from '../dom.ts'
import { type Context, handed, type Page } from '../page.ts'
import {
  announce,
  badge,
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
import { TRIED, trial } from '../trial.ts'
import type { CertificateRecord, Clients, IdentityRule, Mode, Setting } from '../wire.ts'
import { choice } from './certificate.ts'
import { firstToExpire, records } from './certificates.ts'
import { changesOf } from './changes.ts'

/** Hostnames that are shown at a time. */
const ROWS = 200

/** All hostnames that certificates, modes or settings name. */
export function hostnamesPage(context: Context): Page {
  const { client, scope, to } = context
  const content = loaded(async () => {
    const [found, modes, settings] = await Promise.all([
      records(context),
      all((query) => client.edge<Mode[]>('GET', at(scope, 'hostnames'), { query })),
      client.cloudflare<Setting[]>('GET', at(scope, 'access', 'certificates', 'settings')),
    ])
    const counts = new Map<string, number>()
    for (const name of found.flatMap(({ associated_hostnames }) => associated_hostnames)) {
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    for (const { hostname } of [...modes, ...settings.result]) counts.set(hostname, counts.get(hostname) ?? 0)
    if (counts.size === 0) {
      return empty(
        h('p', {}, h('strong', {}, 'No hostname is protected here yet.')),
        h(
          'p',
          {},
          h('a', { href: to('add') }, 'Register a CA certificate'),
          ' and name the hostnames that its clients may reach.',
        ),
      )
    }
    const names = [...counts.keys()].toSorted((a, b) => a.localeCompare(b))
    const mode = new Map(modes.map((one) => [one.hostname, one]))
    const forwarding = new Set(
      settings.result.flatMap((one) => (one.client_certificate_forwarding ? [one.hostname] : [])),
    )
    const search = h('input', { type: 'search', autocomplete: 'off', spellcheck: 'false' })
    const list = h('ul', { class: 'rows' })
    const show = () => {
      const fitting = names.filter((name) => name.includes(search.value.trim().toLowerCase()))
      replace(
        list,
        fitting.slice(0, ROWS).map((name) => {
          const count = counts.get(name) ?? 0
          return h(
            'li',
            { class: 'card' },
            h('h2', {}, h('a', { href: to('hostnames', name) }, named(name))),
            h(
              'p',
              { class: 'row' },
              modeBadge(mode.get(name)),
              mode.get(name)?.identities && badge('plain', 'Identity rules'),
              badge(count === 0 ? 'warn' : 'plain', count === 1 ? '1 certificate' : `${count} certificates`),
              forwarding.has(name) && badge('plain', 'Forwarding on'),
            ),
          )
        }),
        fitting.length > ROWS && h('li', {}, `${fitting.length - ROWS} more: search for them.`),
      )
      return fitting.length
    }
    search.addEventListener('input', () => announce(`${show()} of ${names.length} hostnames`))
    show()
    return [field('Search', search), list]
  })
  return { title: 'Hostnames', content: content.element }
}

function modeBadge(mode: Pick<Mode, 'mode' | 'until'> | undefined): HTMLElement {
  if (mode === undefined || mode.mode === 'required') return badge('good', 'A certificate is required')
  if (mode.mode === 'open') return badge('bad', 'Open to everybody')
  return badge('warn', 'Report only: everybody gets in', mode.until !== undefined && `; ends ${far(mode.until)}`)
}

/** One hostname: who gets in, and how. */
export function hostnamePage(context: Context, hostname = ''): Page {
  const { to } = context
  const check = h(
    'a',
    {
      href: to('verify'),
      on: {
        click: () => {
          handed.hostname = hostname
        },
      },
    },
    'Would this client get in?',
  )
  return {
    title: hostname,
    heading: named(hostname),
    content: [
      h('p', {}, check),
      section('Mode', modeOf(context, hostname)),
      section('Certificates', certificatesOf(context, hostname)),
      has('GET hostnames/{hostname}/clients') && section('Who comes in', clientsOf(context, hostname)),
      section('Settings', settingsOf(context, hostname)),
      section('Changes', changesOf(context, { hostname })),
    ],
  }
}

function modeOf({ client, scope }: Context, hostname: string): HTMLElement {
  const path = at(scope, 'hostnames', hostname)
  const current = loaded(async () => {
    const { result } = await client.edge<Mode>('GET', path)
    const select = choice(result.mode, {
      required: 'required: only clients with a good certificate get in',
      report: 'report: everybody gets in, and who would not is logged',
      open: 'open: nothing is checked (only without certificates)',
    })
    const rules = h('textarea', { rows: 4, spellcheck: 'false' })
    rules.value = JSON.stringify(result.identities ?? [], null, 2)
    const body = () => ({
      mode: select.value,
      identities: readJson(rules.value),
      // Without it, a report mode that is on would end two weeks from now.
      ...(select.value === result.mode && { until: result.until ?? null }),
    })
    return [
      h('p', {}, modeBadge(result)),
      identities(result.identities ?? []),
      outlook(result),
      h(
        'details',
        {},
        h('summary', {}, 'Change mode or identity rules'),
        form(
          'Set',
          [
            field('Mode', select),
            field('Identity rules', rules, 'JSON; [] lets in every client with a good certificate.'),
          ],
          async () => {
            const set = await client.edge<Mode>('PUT', path, { body: body() })
            await current.load()
            return said('Set.', set)
          },
        ),
        trial('PUT hostnames/{hostname}', () => client.edge('PUT', path, { body: body(), query: TRIED })),
      ),
    ]
  })
  return current.element
}

/** What changes next who comes in, and certificates that overlap. The API has the sentences. */
function outlook({ state }: Mode): Child {
  if (state === undefined) return undefined
  const { next, overlaps } = state
  return [
    next !== null && h('p', {}, h('strong', {}, 'Next: '), named(next.message), ' (', moment(next.at), ')'),
    overlaps.length > 0 &&
      h(
        'ul',
        {},
        overlaps.map(({ message }) => h('li', {}, named(message))),
      ),
  ]
}

/** Text that is not JSON is sent as it is: the API says what is wrong with it. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Which clients get in, of those with a good certificate. */
function identities(rules: readonly IdentityRule[]): Child {
  if (rules.length === 0) return h('p', {}, 'Every client with a good certificate gets in.')
  return [
    h('p', {}, 'Of the clients with a good certificate, those get in that match one of these:'),
    h(
      'ul',
      {},
      rules.map((rule) =>
        h(
          'li',
          {},
          Object.entries(rule).map(([name, value], index) => [
            index > 0 && ' and ',
            `${name.replaceAll('_', ' ')} `,
            named(typeof value === 'string' ? value : JSON.stringify(value)),
          ]),
        ),
      ),
    ),
  ]
}

function certificatesOf({ client, scope, to }: Context, hostname: string): HTMLElement {
  return loaded(async () => {
    const query = { hostname, per_page: 1_000 }
    const { result } = await client.edge<CertificateRecord[]>('GET', at(scope, 'certificates'), { query })
    if (result.length === 0) {
      return empty(
        'No certificate of this scope is associated with it. ',
        h('a', { href: to('add') }, 'Register one'),
        ', or add the hostname to one that is registered.',
      )
    }
    return h(
      'ul',
      { class: 'rows' },
      result.map((record) => {
        const first = firstToExpire(record)
        return h(
          'li',
          { class: 'card row' },
          h('a', { href: to('certificates', record.id) }, named(record.name)),
          first && validity(first.not_before, first.not_after),
        )
      }),
    )
  }).element
}

function clientsOf({ client, scope, to }: Context, hostname: string): HTMLElement {
  return loaded(async () => {
    const { result } = await client.edge<Clients>('GET', at(scope, 'hostnames', hostname, 'clients'), {
      query: { per_page: 100 },
    })
    if (result.since === null && result.clients.length === 0) {
      return empty(
        'No client was seen yet. Set the mode to “report”, route the hostname through the gateway, and come back.',
      )
    }
    return [
      h('p', {}, result.ready_to_enforce ? badge('good', 'Ready to enforce') : badge('warn', 'Not ready to enforce')),
      h(
        'ul',
        {},
        result.reasons.map(({ blocks, message }) =>
          h('li', {}, blocks ? badge('bad', message) : badge('plain', message)),
        ),
      ),
      h('h3', {}, 'By anchor, since ', moment(result.anchors_since)),
      h(
        'ul',
        { class: 'rows' },
        result.anchors.map((anchor) =>
          h(
            'li',
            { class: 'card' },
            h('p', {}, named(anchor.subject ?? anchor.certificate_sha256)),
            h('p', { class: 'quiet' }, `${anchor.count} requests, ${Math.round(anchor.share * 100)} %`),
            anchor.certificate_id === null
              ? h('p', {}, 'Not an anchor of this hostname any more.')
              : h('p', {}, h('a', { href: to('certificates', anchor.certificate_id) }, 'Its certificate')),
          ),
        ),
      ),
      h('h3', {}, 'Clients'),
      h(
        'ul',
        { class: 'rows' },
        result.clients.map((one) =>
          h(
            'li',
            { class: 'card' },
            h('p', {}, one.subject === '' ? 'Without a certificate' : named(one.subject)),
            h(
              'p',
              { class: 'row' },
              one.accepted ? badge('good', 'gets in') : badge('bad', 'refused: ', h('code', {}, one.code)),
            ),
            facts(
              one.issuer !== '' && ['Issuer', named(one.issuer)],
              ['Requests', `${one.accepted_count} let in, ${one.refused_count} refused`],
              ['Last seen', moment(one.last_seen_at)],
            ),
          ),
        ),
      ),
    ]
  }).element
}

function settingsOf({ client, scope }: Context, hostname: string): HTMLElement {
  const path = at(scope, 'access', 'certificates', 'settings')
  return loaded(async () => {
    const { result } = await client.cloudflare<Setting[]>('GET', path)
    const forwarding = h('input', { type: 'checkbox' })
    forwarding.checked = result.some((one) => one.hostname === hostname && one.client_certificate_forwarding)
    return form(
      'Save settings',
      h(
        'div',
        { class: 'field' },
        h(
          'label',
          { class: 'check' },
          forwarding,
          ' Tell the origin who the client is (client_certificate_forwarding)',
        ),
      ),
      async () => {
        const settings = [{ hostname, china_network: false, client_certificate_forwarding: forwarding.checked }]
        return said('Saved.', await client.cloudflare('PUT', path, { body: { settings } }))
      },
    )
  }).element
}
