import { type Given, type Read, readGiven, textOfFile } from '../certificate-text.ts'
import { at } from '../client.ts'
import { type Child, h } from '../dom.ts'
import { type Context, handed, type Page } from '../page.ts'
import { badge, empty, facts, field, form, loaded, named, replace, said, validity } from '../parts.ts'
import { TRIED, trial } from '../trial.ts'
import type { CertificateRecord } from '../wire.ts'

/** A file or text: what it is, what would be said of it, and then its registration. */
export function addPage(context: Context): Page {
  const text = h('textarea', { rows: 6, spellcheck: 'false' })
  const file = h('input', { type: 'file' })
  const found = h('div', { role: 'status' })
  const look = async () => {
    if (text.value.trim() === '') return replace(found)
    found.setAttribute('aria-busy', 'true')
    replace(found, told(context, text.value, await readGiven(text.value)))
    found.removeAttribute('aria-busy')
  }
  file.addEventListener('change', async () => {
    const [chosen] = file.files ?? []
    if (chosen === undefined) return
    text.value = await textOfFile(chosen)
    await look()
  })
  text.addEventListener('input', look)
  text.value = handed.pem ?? ''
  delete handed.pem
  look()
  return {
    title: 'Add a certificate',
    content: [
      h(
        'p',
        {},
        'Drop a file anywhere, choose one, or paste its text. It is read here: of its text nothing is sent before you say so.',
      ),
      field('File', file),
      field('Text', text, 'PEM, base64, or what a proxy passes on.'),
      found,
    ],
  }
}

function told(context: Context, text: string, given: Given): Child {
  switch (given.kind) {
    case 'private_key':
      return h(
        'p',
        { class: 'note bad' },
        'This holds a private key. Nothing of it was sent. Take the CA certificate alone; and if others could see this key, consider it exposed.',
      )
    case 'crl':
      return empty(
        'This is a CRL. Upload it on the page of the certificate of its CA: ',
        h('a', { href: context.to() }, 'choose one'),
        '.',
      )
    case 'unreadable':
      return h('p', { class: 'note bad' }, `This ${given.why}`)
    case 'certificates':
      return certificates(context, text, given.certificates)
  }
}

function certificates(context: Context, text: string, read: readonly Read[]): Child {
  const [first] = read
  const isReadable = read.every((one) => !('fault' in one))
  const isCa = read.every((one) => 'isCa' in one && one.isCa)
  return [
    h('h2', {}, read.length === 1 ? 'One certificate' : `${read.length} certificates`),
    h(
      'ol',
      { class: 'rows' },
      read.map((one) => card(context, one)),
    ),
    isReadable && !isCa && client(context, text),
    isCa && registration(context, text, first !== undefined && 'subject' in first ? first.subject : ''),
  ]
}

function card(context: Context, one: Read): HTMLElement {
  if ('fault' in one) return h('li', { class: 'card' }, badge('bad', 'Not a well-formed certificate: ', one.fault))
  return h(
    'li',
    { class: 'card' },
    h('h3', {}, named(one.subject)),
    h(
      'p',
      { class: 'row' },
      one.isCa ? badge('good', 'A CA') : badge('warn', 'Not a CA'),
      one.subject === one.issuer && badge('plain', 'Self-issued'),
      validity(one.notBefore, one.notAfter),
    ),
    facts(
      ['Issuer', named(one.issuer)],
      ['Key', one.key],
      ['Serial number', h('code', {}, one.serialNumber)],
      ['SHA-256', h('code', {}, one.sha256)],
    ),
    registered(context, one.sha256),
  )
}

/** Whether it is there already. */
function registered({ client: api, scope, to }: Context, fingerprint: string): HTMLElement {
  return loaded(async () => {
    const query = { fingerprint, per_page: 5 }
    const { result } = await api.edge<CertificateRecord[]>('GET', at(scope, 'certificates'), { query })
    if (result.length === 0) return h('p', { class: 'quiet' }, 'Not registered here yet.')
    return h(
      'p',
      { class: 'note' },
      'Registered already, in ',
      result.map(({ id, name }) => h('a', { href: to('certificates', id) }, named(name), ' ')),
    )
  }).element
}

/** What is not a CA's cannot be registered: it is a client, or a server. */
function client({ to }: Context, text: string): Child {
  const hand = () => {
    handed.pem = text
  }
  return h(
    'p',
    { class: 'note' },
    'Only CA certificates can be registered. Is it a client’s? ',
    h('a', { href: to('verify'), on: { click: hand } }, 'Would this client get in?'),
  )
}

function registration(context: Context, text: string, subject: string): Child {
  const { client: api, scope, to } = context
  const name = h('input', { required: true, maxlength: 350, dir: 'auto' })
  name.value = subject.slice(0, 350)
  const hostnames = h('textarea', { rows: 3, spellcheck: 'false', dir: 'auto' })
  const body = () => ({
    name: name.value,
    certificate: text,
    associated_hostnames: hostnames.value.split(/[\s,]+/).filter(Boolean),
  })
  const path = at(scope, 'access', 'certificates')
  return [
    h('h2', {}, 'Register'),
    form(
      'Register',
      [
        field('Name', name),
        field('Hostnames, one a line', hostnames, 'Clients below this CA may reach them. They can be named later.'),
      ],
      async () => {
        const { result, messages } = await api.cloudflare<{ id: string }>('POST', path, { body: body() })
        return [
          said('Registered.', { messages }),
          h('p', {}, h('a', { href: to('certificates', result.id) }, 'Go to the certificate')),
        ]
      },
    ),
    trial('POST access/certificates', () => api.cloudflare('POST', path, { body: body(), query: TRIED })),
  ]
}
