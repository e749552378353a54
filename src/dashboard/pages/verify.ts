import { holdsPrivateKey, textOfFile } from '../certificate-text.ts'
import { at } from '../client.ts'
import { type Child, h } from '../dom.ts'
import { type Context, handed, type Page } from '../page.ts'
import { badge, facts, field, form, moment, named } from '../parts.ts'
import type { Decided, Reference, Step } from '../wire.ts'

/** What each check of a path asks (src/x509/path/trace.ts). */
const CHECKS: Readonly<Record<string, string>> = {
  encoding: 'It is a certificate that follows RFC 5280',
  issuerName: 'It names its issuer',
  validity: 'It is valid at this time',
  criticalExtensions: 'Everything critical in it is understood',
  publicKey: 'Its key is of a kind that is accepted',
  subject: 'It names its subject',
  extKeyUsage: 'It may be used by clients',
  keyUsage: 'Its key may sign a handshake',
  issuer: 'Somebody here issued it',
  signature: 'Its issuer signed it',
  basicConstraints: 'It is a CA',
  keyCertSign: 'It may sign certificates',
  pathLenConstraint: 'No more CAs stand below it than it allows',
  nameConstraints: 'The CAs above it allow its names',
  certificatePolicies: 'The policies along the path agree',
  revocation: 'It is not revoked or blocked',
  identities: 'It is a client that the hostname’s rules let in',
  limits: 'The search stays within its limits',
}

/** Asks the API for its decision on a client, and draws the path. */
export function verifyPage({ client, scope, to }: Context): Page {
  const hostname = h('input', { required: true, autocomplete: 'off', spellcheck: 'false', dir: 'auto' })
  const certificate = h('textarea', { required: true, rows: 6, spellcheck: 'false' })
  const chain = h('textarea', { rows: 3, spellcheck: 'false' })
  const when = h('input', { type: 'datetime-local' })
  const file = h('input', { type: 'file' })
  file.addEventListener('change', async () => {
    const [chosen] = file.files ?? []
    if (chosen !== undefined) certificate.value = await textOfFile(chosen)
  })
  hostname.value = handed.hostname ?? ''
  certificate.value = handed.pem ?? ''
  delete handed.hostname
  delete handed.pem
  const ask = async (): Promise<Child> => {
    if (holdsPrivateKey(certificate.value) || holdsPrivateKey(chain.value)) {
      certificate.value = ''
      chain.value = ''
      return h('p', { class: 'note bad' }, 'That held a private key. Nothing was sent. Paste the certificate alone.')
    }
    const body = {
      hostname: hostname.value.trim(),
      certificate: certificate.value,
      chain: chain.value.trim() === '' ? null : chain.value,
      at: when.value === '' ? null : `${when.value.padEnd(19, ':00')}Z`,
      trace: true,
    }
    const { result } = await client.edge<Decided>('POST', at(scope, 'verify'), { body })
    return decision(result, to)
  }
  return {
    title: 'Would this client get in?',
    content: [
      h('p', {}, 'Paste a client’s certificate, never its key. It is asked about, and not stored.'),
      form(
        'Ask',
        [
          field('Hostname', hostname),
          field('Certificate', certificate, 'PEM, or the header in which a proxy passes it on.'),
          field('Or a file', file),
          h(
            'details',
            {},
            h('summary', {}, 'Intermediates, another time'),
            field('Intermediates that the client sends', chain, 'PEM.'),
            field('At this time (UTC)', when, 'Empty: now.'),
          ),
        ],
        ask,
      ),
    ],
  }
}

/** A decision with its path, from the leaf up to the anchor. */
function decision(decided: Decided, to: Context['to']): Child {
  const asked = facts(['Hostname', named(decided.hostname)], ['At', moment(decided.at)])
  const nodes = placesOf(decided)
  const list = h(
    'ol',
    { class: 'path' },
    nodes.map((place) => node(place, decided, to)),
  )
  if (decided.accepted) {
    return [h('h2', {}, badge('good', 'This client gets in')), asked, h('h3', {}, 'Its path, from the client up'), list]
  }
  return [
    h('h2', {}, badge('bad', 'This client is refused')),
    h(
      'div',
      { class: 'note bad' },
      h('p', {}, sentenceOf(decided.message)),
      h('p', {}, h('strong', {}, 'What would help: '), sentenceOf(decided.suggestion)),
    ),
    asked,
    facts(['Code', h('code', {}, decided.code)], ['Rule', decided.section], ['OpenSSL says', decided.openssl]),
    h('h3', {}, 'What was checked, from the client up'),
    list,
  ]
}

/** Words of the API as a sentence. They may begin with a name, whose case stays. */
const sentenceOf = (text: string): Child => h('bdi', {}, text)

/** A certificate that the search looked at, and the checks of it. */
interface Place {
  readonly role: Reference['role']
  readonly subject: string
  readonly height: number
  readonly steps: readonly Step[]
}

/** Certificates in the order in which the search came to them, which is from the leaf up. */
function placesOf(decided: Decided): readonly Place[] {
  const groups = Map.groupBy(decided.trace ?? [], ({ height, role, subject }) =>
    JSON.stringify([height, role, subject]),
  )
  const traced = [...groups.values()].flatMap((steps): Place[] => {
    const [first] = steps
    return first === undefined ? [] : [{ role: first.role, subject: first.subject, height: first.height, steps }]
  })
  if (!decided.accepted) return traced.toSorted((a, b) => a.height - b.height)
  // Of all that were tried, only those of the path that was found.
  return decided.path.map(({ role, subject }, height) => {
    const found = traced.find((place) => place.height === height && place.role === role && place.subject === subject)
    return found ?? { role, subject, height, steps: [] }
  })
}

const ROLES = {
  leaf: 'The client’s certificate',
  intermediate: 'Intermediate',
  anchor: 'Anchor: registered for the hostname',
}

function node(place: Place, decided: Decided, to: Context['to']): HTMLElement {
  const { role, subject, height, steps } = place
  const record = decided.accepted ? decided.path[height] : undefined
  const id = record?.anchor_id ?? record?.certificate_id
  return h(
    'li',
    { class: 'card' },
    h('p', { class: 'quiet' }, ROLES[role]),
    h('h4', {}, named(subject)),
    id !== undefined && h('p', {}, h('a', { href: to('certificates', id) }, 'Its record')),
    h(
      'ul',
      { class: 'checks' },
      steps.map((step) => check(step, decided)),
      revocationOf(height, decided),
    ),
  )
}

function check(step: Step, decided: Decided): HTMLElement {
  const words = CHECKS[step.check] ?? step.check
  const { fault } = step
  if (fault === undefined) return h('li', {}, badge('good', words))
  const isReason = !decided.accepted && decided.code === fault.reason
  return h(
    'li',
    {},
    badge('bad', 'Not so: ', words),
    isReason
      ? [h('p', {}, sentenceOf(decided.message)), h('p', {}, h('strong', {}, 'Fix: '), sentenceOf(decided.suggestion))]
      : h('p', { class: 'quiet' }, 'Because of ', h('code', {}, fault.reason), '.'),
  )
}

const STATUSES = {
  good: () => badge('good', 'A current CRL does not list it'),
  stale: () => badge('warn', 'A CRL does not list it, but is past its next update'),
  not_covered: () => badge('warn', 'No CRL covers it, so whether it is revoked is not known'),
}

/** How revocation stands, which no trace has. */
function revocationOf(height: number, decided: Decided): Child {
  const found = decided.accepted ? decided.revocation.find((one) => one.height === height) : undefined
  return found !== undefined && h('li', {}, STATUSES[found.status]())
}
