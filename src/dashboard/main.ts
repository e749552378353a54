import { textOfFile } from './certificate-text.ts'
import { all, Client, type Refused } from './client.ts'
import { h } from './dom.ts'
import { type Context, handed, type MakePage, type Page } from './page.ts'
import { addPage } from './pages/add.ts'
import { certificatePage } from './pages/certificate.ts'
import { certificatesPage } from './pages/certificates.ts'
import { changesPage } from './pages/changes.ts'
import { crlsPage } from './pages/crls.ts'
import { hostnamePage, hostnamesPage } from './pages/hostnames.ts'
import { verifyPage } from './pages/verify.ts'
import { button, empty, field, form, loaded, problem, replace } from './parts.ts'
import type { Named, Scope } from './wire.ts'

/** Where the token is for as long as the tab: no other page of ours has a script, and none of another origin reads it. */
const KEY = 'access-mtls-token'

const PAGES: Readonly<Record<string, { readonly list: MakePage; readonly one?: MakePage; readonly link: string }>> = {
  certificates: { list: certificatesPage, one: certificatePage, link: 'Certificates' },
  hostnames: { list: hostnamesPage, one: hostnamePage, link: 'Hostnames' },
  crls: { list: crlsPage, link: 'CRLs' },
  changes: { list: changesPage, link: 'Changes' },
  verify: { list: verifyPage, link: 'Would this client get in?' },
  add: { list: addPage, link: 'Add' },
}

interface Session {
  readonly client: Client
  readonly accounts: readonly Named[]
  readonly zones: readonly Named[]
}

let session: Session | undefined

const main = h('main', { id: 'main' })
const header = h('header', {})
const said = h('p', { id: 'said', class: 'unseen', role: 'status' })
const skip = h(
  'a',
  { class: 'skip', href: '#main', on: { click: (event) => [event.preventDefault(), focusHeading()] } },
  'Skip to the content',
)
document.body.append(skip, header, main, said)

/** Where the address after # leads: `#/zones/ID/certificates/ID`. */
function place(): { scope: Scope | undefined; page: string; names: readonly string[] } {
  const [, kind, id = '', page = 'certificates', ...names] = location.hash.split('/').map(decoded)
  const isScope = (kind === 'accounts' || kind === 'zones') && /^[0-9a-f]{32}$/.test(id)
  return { scope: isScope ? `${kind}/${id}` : undefined, page, names }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const address = (scope: Scope, ...names: readonly string[]) =>
  `#/${[scope, ...names.map(encodeURIComponent)].join('/')}`

/** Shows what the address says. */
function show(): void {
  if (session === undefined) showSignIn()
  else present(pageOf(session))
}

function pageOf(current: Session): Page {
  const { scope = firstScope(current), page, names } = place()
  if (scope === undefined) return { title: 'Nothing to see', content: nothingGranted() }
  const found = Object.hasOwn(PAGES, page) ? PAGES[page] : undefined
  const [name] = names
  const make = name === undefined || name === '' ? found?.list : found?.one
  showHeader(current, scope, page)
  if (make === undefined) {
    return { title: 'No such page', content: empty(h('a', { href: address(scope) }, 'All certificates')) }
  }
  const context: Context = {
    client: current.client,
    scope,
    to: (...to) => address(scope, ...to),
    go: (href) => {
      location.hash = href
    },
    again: show,
  }
  return make(context, ...names)
}

/** The heading has the focus then, so that a screen reader begins there. */
function present({ title, heading = title, content }: Page): void {
  document.title = `${title} – access-mtls`
  replace(main, h('h1', { tabindex: '-1' }, heading), content)
  focusHeading()
  scrollTo(0, 0)
}

function focusHeading(): void {
  main.querySelector('h1')?.focus()
}

const firstScope = ({ accounts: [account], zones: [zone] }: Session): Scope | undefined =>
  account !== undefined ? `accounts/${account.id}` : zone && `zones/${zone.id}`

const nothingGranted = () =>
  empty('This token may read no account and no zone. ', button('Sign in with another', signOut))

function showHeader({ accounts, zones }: Session, scope: Scope, page: string): void {
  const option =
    (kind: string) =>
    ({ id, name }: Named) =>
      h('option', { value: `${kind}/${id}`, dir: 'auto' }, name)
  const chooser = h(
    'select',
    {
      id: 'scope',
      on: {
        change: () => {
          location.hash = address(chooser.value as Scope, page)
        },
      },
    },
    h('optgroup', { label: 'Accounts' }, accounts.map(option('accounts'))),
    h('optgroup', { label: 'Zones' }, zones.map(option('zones'))),
  )
  chooser.value = scope
  replace(
    header,
    h('p', { class: 'brand' }, h('a', { class: 'home', href: address(scope) }, 'access-mtls')),
    h('p', { class: 'row' }, h('label', { for: 'scope' }, 'Account or zone'), chooser, button('Sign out', signOut)),
    h(
      'nav',
      { 'aria-label': 'Pages' },
      h(
        'ul',
        {},
        Object.entries(PAGES).map(([name, { link }]) =>
          h('li', {}, h('a', { href: address(scope, name), 'aria-current': name === page && 'page' }, link)),
        ),
      ),
    ),
  )
}

function signOut(): void {
  sessionStorage.removeItem(KEY)
  session = undefined
  delete handed.pem
  show()
}

function showSignIn(refused?: Refused): void {
  replace(header, h('p', { class: 'brand' }, 'access-mtls'))
  const token = h('input', { type: 'password', required: true, autocomplete: 'off', spellcheck: 'false' })
  const enter = form(
    'Sign in',
    field('API token', token, 'It stays in this tab, and is sent to this service only.'),
    async () => {
      await signIn(token.value.trim())
      show()
      return undefined
    },
  )
  const content = [
    refused && problem(refused),
    enter,
    h(
      'p',
      { class: 'quiet' },
      'The operator makes a token with ',
      h('code', {}, 'npm run admin -- token create'),
      '. The first ',
      h('code', {}, 'npm start'),
      ' prints one.',
    ),
    h(
      'p',
      {},
      h('a', { href: '/docs/errors' }, 'What errors mean'),
      ' · ',
      h('a', { href: '/openapi.json' }, 'The API as OpenAPI'),
    ),
  ]
  present({ title: 'Sign in', content })
}

/** What a token may see fills the chooser. */
async function signIn(token: string): Promise<void> {
  const client = new Client(token, (refused) => {
    if (session === undefined) return
    signOut()
    showSignIn(refused)
  })
  const [accounts, zones] = await Promise.all([
    all((query) => client.cloudflare<Named[]>('GET', 'accounts', { query })),
    all((query) => client.cloudflare<Named[]>('GET', 'zones', { query })),
  ])
  sessionStorage.setItem(KEY, token)
  session = { client, accounts, zones }
}

/** A file can be dropped on every page. */
function takeDroppedFiles(): void {
  const isFile = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true
  addEventListener('dragover', (event) => {
    if (!isFile(event)) return
    event.preventDefault()
    document.body.classList.add('dropping')
  })
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) document.body.classList.remove('dropping')
  })
  addEventListener('drop', async (event) => {
    if (!isFile(event)) return
    event.preventDefault()
    document.body.classList.remove('dropping')
    const [file] = event.dataTransfer?.files ?? []
    if (file === undefined || session === undefined) return
    handed.pem = await textOfFile(file)
    const scope = place().scope ?? firstScope(session)
    if (scope === undefined) return
    const target = address(scope, 'add')
    if (location.hash === target) show()
    else location.hash = target
  })
}

async function begin(): Promise<void> {
  addEventListener('hashchange', show)
  takeDroppedFiles()
  const token = sessionStorage.getItem(KEY)
  if (token === null) return showSignIn()
  const entering = loaded(async () => {
    await signIn(token)
    show()
  })
  replace(main, entering.element)
}

await begin()
