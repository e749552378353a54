/**
 * A simple model of the contract: arrays in memory, without SQL and without code of src/. It takes a request as it is on the
 * wire, and returns the answer that must come. It does not read PEM texts or hostnames: a lexicon of known texts has their
 * meaning.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

/** A request, the same for both sides. */
export interface WireRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Unix seconds, UTC. */
  readonly now: number
  /** The id of the certificate, if one is made. */
  readonly newId: string
  /** The rate limit refuses this request. */
  readonly throttled: boolean
}

/** The parts of an answer that must be equal. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
}

export interface WorldAccount {
  readonly id: string
  readonly quota: number
  readonly enabled: boolean
}

export interface WorldZone {
  readonly id: string
  readonly account: string
  readonly domain: string
  readonly enabled: boolean
}

export interface WorldCredential {
  readonly id: string
  /** The email of a key in lower case; undefined for a token. */
  readonly email: string | undefined
  readonly secret: string
  readonly active: boolean
  readonly notBefore: number | null
  readonly expiresOn: number | null
  /** Permissions by id of account or zone. */
  readonly grants: Readonly<Record<string, 'read' | 'write'>>
}

/** One certificate of a PEM. Times are Unix seconds, UTC. */
export interface RootFacts {
  /** 32 upper-case hex digits. */
  readonly md5: string
  /** Otherwise, the certificate after it issued it. */
  readonly selfSigned: boolean
  readonly notBefore: number
  readonly notAfter: number
}

/** A text either has a meaning or a fault. */
export type Worth<T> = { readonly means: T } | { readonly fault: string }

/** Everything constant that the model cannot know by itself. */
export interface World {
  readonly accounts: readonly WorldAccount[]
  readonly zones: readonly WorldZone[]
  readonly credentials: readonly WorldCredential[]
  readonly pems: ReadonlyMap<string, Worth<readonly RootFacts[]>>
  /** The meaning of a hostname is its form in A-labels and lower case. */
  readonly hostnames: ReadonlyMap<string, Worth<string>>
}

interface Stored {
  readonly id: string
  readonly account: string
  /** Undefined: it belongs to the account itself. */
  readonly zone: string | undefined
  readonly content: string
  readonly fingerprint: string
  readonly createdAt: number
  readonly expiresOn: number
  name: string
  hostnames: readonly string[]
  updatedAt: number
}

interface Setting {
  readonly account: string
  readonly zone: string
  readonly ascii: string
  /** Put with a permission for the account, not only for a zone. */
  readonly byAccount: boolean
  /** The entry had neither flag: it removes the setting, and is not echoed. */
  readonly bare: boolean
  readonly shown: { readonly hostname: string; readonly china_network: boolean } & {
    readonly client_certificate_forwarding: boolean
  }
}

interface Problem {
  readonly code: number
  readonly message: string
  readonly error_chain?: readonly { readonly code: number; readonly message: string }[]
  readonly source?: { readonly pointer: string }
}

/** Thrown by a check; the first one is the answer. */
class Refused {
  readonly answer: WireAnswer
  constructor(status: number, problems: readonly Problem[], headers: Readonly<Record<string, string>> = {}) {
    const errors = problems.map((problem): JsonObject => ({ ...problem }))
    this.answer = answer(status, { result: null, success: false, errors, messages: [] }, headers)
  }
}

const answer = (status: number, body: JsonObject, headers: Readonly<Record<string, string>> = {}): WireAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
  body,
})

const done = (status: number, result: Json, messages: readonly Json[] = [], more: JsonObject = {}): WireAnswer =>
  answer(status, { result, success: true, errors: [], messages, ...more })

/** The route of a request, after its path was read. */
interface Target {
  readonly serve: 'list' | 'certificate' | 'settings' | 'verify'
  readonly scopeKind: string
  readonly scopeId: string
  readonly certificateId: string
}

/** The scope of a request that may be served. */
interface Scope {
  readonly account: WorldAccount
  readonly zone: WorldZone | undefined
  /** The credential may write in the whole account. */
  readonly byAccount: boolean
}

const VERBS: Readonly<Record<Target['serve'], readonly string[]>> = {
  list: ['GET', 'POST'],
  certificate: ['DELETE', 'GET', 'PUT'],
  settings: ['GET', 'PUT'],
  verify: ['GET'],
}

const NO_ROUTE: Problem = { code: 7000, message: 'No route for that URI' }
const MAX_BODY = 262_144
const MAX_PAGE = 999_999_999_999_999

export class Reference {
  readonly #world: World
  #certificates: Stored[] = []
  #settings: Setting[] = []

  constructor(world: World) {
    this.#world = world
  }

  answer(request: WireRequest): WireAnswer {
    try {
      return this.#serve(request)
    } catch (refused) {
      if (refused instanceof Refused) return refused.answer
      throw refused
    }
  }

  /** The order of checks of contract 4. */
  #serve(request: WireRequest): WireAnswer {
    const presented = readCredentials(request.headers)
    const [path = '', query = ''] = request.target.split('?')
    const target = findRoute(path.split(/\/+/).join('/'))
    const verbs = VERBS[target.serve]
    if (!verbs.includes(request.method)) {
      const problem = { code: 10405, message: 'Method not allowed for this authentication scheme' }
      throw new Refused(405, [problem], { allow: verbs.join(', ') })
    }
    if (request.throttled) {
      const problem = { code: 971, message: 'Please wait and consider throttling your request speed' }
      throw new Refused(429, [problem], { 'retry-after': '60' })
    }
    if (target.serve === 'verify') return this.#verify(presented, target.scopeId, request.now)
    const credential = this.#authenticate(presented, request.now)
    const scope = this.#authorize(credential, target, request.method === 'GET' ? 'read' : 'write')
    return this.#operate(`${request.method} ${target.serve}`, scope, target.certificateId, request, query)
  }

  #operate(operation: string, scope: Scope, id: string, request: WireRequest, query: string): WireAnswer {
    switch (operation) {
      case 'GET list':
        return this.#list(scope, query)
      case 'POST list':
        return this.#create(scope, readJson(request), request)
      case 'GET certificate':
        return done(200, show(this.#find(scope, id)))
      case 'PUT certificate':
        return this.#update(scope, id, readJson(request), request.now)
      case 'DELETE certificate':
        return this.#delete(scope, id)
      case 'GET settings':
        return done(200, this.#settingsOf(scope))
      default:
        return this.#putSettings(scope, readJson(request))
    }
  }

  // --- access ------------------------------------------------------------------------------------------------------

  #known({ email, secret }: Presented): WorldCredential | undefined {
    return this.#world.credentials.find((one) => one.secret === secret && one.email === email)
  }

  #authenticate(presented: Presented, now: number): WorldCredential {
    const credential = this.#known(presented)
    if (credential !== undefined && isValid(credential, now)) return credential
    const why = (what: string) => notItsTime(credential, now, what)
    if (presented.email === undefined) {
      throw new Refused(401, [{ code: 10000, message: `Authentication error${why('this token')}` }])
    }
    throw new Refused(403, [{ code: 9103, message: `Unknown X-Auth-Key or X-Auth-Email${why('this key')}` }])
  }

  #authorize(credential: WorldCredential, { scopeKind, scopeId }: Target, needed: 'read' | 'write'): Scope {
    const zone = scopeKind === 'zones' ? this.#world.zones.find(({ id }) => id === scopeId) : undefined
    const accountId = scopeKind === 'zones' ? zone?.account : scopeId
    const account = this.#world.accounts.find(({ id }) => id === accountId)
    const held = [credential.grants[account?.id ?? ''], credential.grants[zone?.id ?? '']]
    const permitted = held.includes('write') || (needed === 'read' && held.includes('read'))
    if (account === undefined)
      throw forbidden(this.#isOtherKind(credential, scopeKind, scopeId) ? otherKind(scopeKind) : '')
    if (!permitted)
      throw forbidden(held.includes('read') ? `: this ${kindOf(credential)} may read here, but not write` : '')
    if (!account.enabled || zone?.enabled === false) {
      const message = 'access.api.error.not_enabled: access is not enabled for this account or zone'
      throw new Refused(403, [{ code: 9999, message }])
    }
    return { account, zone, byAccount: credential.grants[account.id] === 'write' }
  }

  /** The id of a zone in place of an account's, or the other way round, if the credential has that account. */
  #isOtherKind({ grants }: WorldCredential, scopeKind: string, id: string): boolean {
    const account = scopeKind === 'zones' ? id : this.#world.zones.find((zone) => zone.id === id)?.account
    return account !== undefined && grants[account] !== undefined
  }

  #verify(presented: Presented, accountId: string, now: number): WireAnswer {
    const token = presented.email === undefined ? this.#known(presented) : undefined
    if (token === undefined || !isValid(token, now)) {
      throw new Refused(401, [{ code: 1000, message: `Invalid API Token${notItsTime(token, now, 'it')}` }])
    }
    const places = this.#world.zones.filter(({ account }) => account === accountId).map(({ id }) => id)
    if (accountId !== '' && ![accountId, ...places].some((id) => token.grants[id] !== undefined)) {
      throw new Refused(403, [{ code: 10000, message: 'Authentication error' }])
    }
    const { id, notBefore, expiresOn } = token
    const result = {
      id,
      status: 'active',
      ...(notBefore === null ? {} : { not_before: time(notBefore) }),
      ...(expiresOn === null ? {} : { expires_on: time(expiresOn) }),
    }
    return done(200, result, [{ code: 10000, message: 'This API Token is valid and active', type: null }])
  }

  // --- certificates ------------------------------------------------------------------------------------------------

  #own({ account, zone }: Scope): readonly Stored[] {
    return this.#certificates.filter((one) => one.account === account.id && one.zone === zone?.id)
  }

  #find(scope: Scope, id: string): Stored {
    const found = this.#own(scope).find((one) => one.id === id)
    if (found === undefined) {
      throw new Refused(404, [{ code: 12135, message: 'access.api.error.not_found: certificate not found' }])
    }
    return found
  }

  #list(scope: Scope, query: string): WireAnswer {
    const page = readPageNumber(query, 'page', 1, MAX_PAGE)
    const perPage = readPageNumber(query, 'per_page', 50, 1000)
    const all = this.#own(scope)
    const shown = all.slice((page - 1) * perPage, page * perPage).map(show)
    let pages = 0
    while (pages * perPage < all.length) pages += 1
    const counts = { count: shown.length, page, per_page: perPage, total_count: all.length, total_pages: pages }
    return done(200, shown, [], { result_info: counts })
  }

  #create(scope: Scope, body: Json, { now, newId }: WireRequest): WireAnswer {
    const faults = new Faults(body)
    const fields = faults.object('', body)
    const name = readName(faults, fields, true) ?? ''
    const pem = faults.text('/certificate', fields, 'certificate')
    const chain = pem === undefined ? undefined : faults.worth('/certificate', this.#world.pems, pem)
    const hostnames = this.#readHostnames(faults, scope, fields)
    faults.refuseIfAny()
    const { account, zone } = scope
    const inAccount = this.#certificates.filter((one) => one.account === account.id)
    if (inAccount.length >= account.quota) throw invalid('maximum number of certificates has been reached')
    const content = (chain ?? []).map(({ md5 }) => md5).join()
    if (inAccount.some((one) => one.content === content)) throw conflict('certificate already exists')
    const added: Stored = {
      id: newId,
      account: account.id,
      zone: zone?.id,
      content,
      fingerprint: chain?.[0]?.md5.replace(/..\B/g, '$&:') ?? '',
      createdAt: now,
      expiresOn: chain?.[0]?.notAfter ?? 0,
      name,
      hostnames,
      updatedAt: now,
    }
    this.#certificates.push(added)
    return done(201, show(added), [
      ...notes(chain ?? [], now, (one) => this.#sameKey(scope, added, one)),
      ...unknown(fields, ['name', 'certificate', 'associated_hostnames']),
    ])
  }

  /** Other records of the account with a certificate, which has a key of its own: three by id that the scope sees, and the others. */
  #sameKey({ account, zone }: Scope, added: Stored, { md5 }: RootFacts): string | undefined {
    const all = this.#certificates.filter(
      (one) => one.account === account.id && one !== added && one.content.includes(md5),
    )
    const ids = all.filter((one) => zone === undefined || one.zone === zone.id).map(({ id }) => id)
    const named = ids.toSorted().slice(0, 3)
    const more = all.length - named.length
    if (all.length === 0) return undefined
    if (named.length === 0) return more === 1 ? 'another record of the account' : `${more} other records of the account`
    const list = `${named.length === 1 ? 'record' : 'records'} ${named.join(', ')}`
    return more === 0 ? list : `${list} and ${more} more of the account`
  }

  #update(scope: Scope, id: string, body: Json, now: number): WireAnswer {
    const target = this.#find(scope, id)
    const faults = new Faults(body)
    const fields = faults.object('', body)
    const name = readName(faults, fields, false)
    const hostnames = this.#readHostnames(faults, scope, fields)
    faults.refuseIfAny()
    const emptied = hostnames.length === 0 ? target.hostnames : []
    target.name = name ?? target.name
    target.hostnames = hostnames
    // A clock that is set back does not set updated_at back.
    target.updatedAt = Math.max(now, target.createdAt)
    return done(200, show(target), [...putBack(emptied), ...unknown(fields, ['name', 'associated_hostnames'])])
  }

  #delete(scope: Scope, id: string): WireAnswer {
    const target = this.#find(scope, id)
    if (target.hostnames.length > 0) throw conflict('certificate has active associations')
    this.#certificates = this.#certificates.filter((one) => one !== target)
    return done(200, { id })
  }

  #readHostnames(faults: Faults, scope: Scope, fields: JsonObject): readonly string[] {
    const shown = new Map<string, string>()
    for (const [index, text] of faults.list('/associated_hostnames', fields, 'an array of strings')) {
      const pointer = `/associated_hostnames/${index}`
      if (faults.isKey(pointer)) continue
      if (typeof text !== 'string') {
        faults.add(pointer, `must be a string, not ${typeName(text)}`)
        continue
      }
      const ascii = faults.worth(pointer, this.#world.hostnames, text)
      if (ascii === undefined || shown.has(ascii)) continue
      shown.set(ascii, text)
      if (this.#owner(scope, ascii) === undefined) {
        const words = 'invalid_request: domain does not belong to zone'
        faults.addForeign(pointer, 12130, `${words}: ${this.#outside(scope, ascii)}`)
      }
    }
    return [...shown.values()]
  }

  /** The scope's zone that owns a hostname: the one with the longest domain that it equals or lies under. */
  #owner({ account, zone }: Scope, ascii: string): WorldZone | undefined {
    const [owner] = this.#world.zones
      .filter(({ domain }) => `.${ascii}`.endsWith(`.${domain}`))
      .toSorted((a, b) => b.domain.length - a.domain.length)
    return owner?.account === account.id && (zone === undefined || zone === owner) ? owner : undefined
  }

  /** The message for a hostname that is not the scope's. The world has no scope with more than ten zones. */
  #outside({ account, zone }: Scope, ascii: string): string {
    const domains = this.#world.zones
      .filter((one) => (zone === undefined ? one.account === account.id : one === zone))
      .map(({ domain }) => domain)
      .toSorted()
    const under = domains.find((domain) => `.${ascii}`.endsWith(`.${domain}`))
    if (under !== undefined) return `a more specific zone than ${under}, in another scope, has this hostname`
    if (zone !== undefined) return `this zone is ${zone.domain}`
    if (domains.length === 0) return 'this account has no zone yet (npm run admin -- zone add)'
    const [start, verb] = domains.length === 1 ? ['zone', 'is'] : ['zones', 'are']
    return `the ${start} of this account ${verb} ${domains.join(', ')}`
  }

  // --- settings ----------------------------------------------------------------------------------------------------

  #settingsOf({ account, zone }: Scope): Json {
    return this.#settings
      .filter((one) => one.account === account.id && (zone === undefined || one.zone === zone.id))
      .filter((one) => one.byAccount || !this.#isOfAccount(one))
      .map(({ shown }) => shown)
  }

  /** Whether a certificate of the account itself is associated with the setting's hostname. */
  #isOfAccount({ account, ascii }: Setting): boolean {
    return this.#certificates.some(
      (one) =>
        one.account === account &&
        one.zone === undefined &&
        one.hostnames.some((shown) => this.#means(shown) === ascii),
    )
  }

  #means(hostname: string): string | undefined {
    const worth = this.#world.hostnames.get(hostname)
    return worth !== undefined && 'means' in worth ? worth.means : undefined
  }

  #putSettings(scope: Scope, body: Json): WireAnswer {
    const faults = new Faults(body)
    const fields = faults.object('', body)
    const named: Setting[] = []
    const seen = new Map<string, number>()
    for (const [index, entry] of faults.list('/settings', fields, 'an array of objects')) {
      const setting = this.#readSetting(faults, scope, seen, index, entry)
      if (setting !== undefined) named.push(setting)
    }
    faults.refuseIfAny()
    const kept = this.#settings.filter((old) => !named.some((one) => isSameSetting(one, old)))
    const on = named.filter(({ shown }) => shown.china_network || shown.client_certificate_forwarding)
    this.#settings = [...kept, ...on]
    return done(
      202,
      named.filter(({ bare }) => !bare).map(({ shown }) => shown),
      unknown(fields, ['settings']),
    )
  }

  #readSetting(
    faults: Faults,
    scope: Scope,
    seen: Map<string, number>,
    index: number,
    entry: Json,
  ): Setting | undefined {
    const pointer = `/settings/${index}`
    const fields = faults.object(pointer, entry)
    if (fields !== entry) return undefined
    const hostname = faults.text(`${pointer}/hostname`, fields, 'hostname')
    const china_network = faults.flag(`${pointer}/china_network`, fields, 'china_network')
    const client_certificate_forwarding = faults.flag(
      `${pointer}/client_certificate_forwarding`,
      fields,
      'client_certificate_forwarding',
    )
    if (china_network) {
      faults.add(`${pointer}/china_network`, 'must be false: the China network is not available to this zone')
    }
    const ascii =
      hostname === undefined ? undefined : faults.worth(`${pointer}/hostname`, this.#world.hostnames, hostname)
    if (hostname === undefined || ascii === undefined) return undefined
    const first = seen.get(ascii)
    if (first !== undefined) {
      faults.add(`${pointer}/hostname`, `is the same hostname as in settings[${first}]: send each hostname once`)
      return undefined
    }
    seen.set(ascii, index)
    const owner = this.#owner(scope, ascii)
    if (owner === undefined) {
      const words = `hostnames_must_belong_to_your_domain: ${this.#outside(scope, ascii)}`
      faults.addForeign(`${pointer}/hostname`, 12036, words)
    }
    const old = this.#settings.find((one) => one.account === scope.account.id && one.ascii === ascii)
    const changes = (old?.shown.client_certificate_forwarding ?? false) !== client_certificate_forwarding
    const bare = (fields['china_network'] ?? fields['client_certificate_forwarding'] ?? null) === null
    const shown = { hostname, china_network, client_certificate_forwarding }
    const { byAccount } = scope
    const setting = { account: scope.account.id, zone: owner?.id ?? '', ascii, byAccount, bare, shown }
    if (changes && !byAccount && this.#isOfAccount(setting)) {
      faults.add(`${pointer}/client_certificate_forwarding`, ACCOUNT_PROTECTS)
    }
    return setting
  }
}

const ACCOUNT_PROTECTS =
  'cannot be set with a permission for the zone only: a certificate of the account protects the hostname; use a credential with write permission for the account'

function isSameSetting(a: Setting, b: Setting): boolean {
  return a.account === b.account && a.ascii === b.ascii
}

// --- credentials ---------------------------------------------------------------------------------------------------

interface Presented {
  /** Undefined: a token. */
  readonly email: string | undefined
  readonly secret: string
}

function readCredentials(headers: Readonly<Record<string, string>>): Presented {
  const { authorization, 'x-auth-email': email, 'x-auth-key': key } = headers
  if (authorization !== undefined) {
    const [scheme, secret, ...more] = authorization.split(' ')
    if (scheme?.toLowerCase() === 'bearer' && secret && more.length === 0) return { email: undefined, secret }
    throw badHeaders([[6111, 'Invalid format for Authorization header']])
  }
  if (email === undefined && key === undefined) {
    const message = 'Missing X-Auth-Key, X-Auth-Email or Authorization headers'
    throw new Refused(400, [{ code: 9106, message }])
  }
  const wrong: [number, string][] = []
  if (!email?.includes('@')) wrong.push([6102, 'Invalid format for X-Auth-Email header'])
  if (key === undefined || key.length < 37 || [...key].some((digit) => !'0123456789abcdefABCDEF'.includes(digit))) {
    wrong.push([6103, 'Invalid format for X-Auth-Key header'])
  }
  if (email === undefined || key === undefined || wrong.length > 0) throw badHeaders(wrong)
  return { email: email.toLowerCase(), secret: key }
}

const otherKind = (scopeKind: string) =>
  scopeKind === 'zones'
    ? ': this is the id of an account: put it behind /accounts/, or the id of a zone behind /zones/'
    : ': this is the id of a zone: put it behind /zones/, or the id of its account behind /accounts/'

const kindOf = ({ email }: WorldCredential) => (email === undefined ? 'token' : 'key')

function forbidden(why: string): Refused {
  return new Refused(403, [{ code: 10000, message: `Authentication error${why}` }])
}

/** An expired or not yet valid secret is told so, unless the credential is disabled. */
function notItsTime(credential: WorldCredential | undefined, now: number, what: string): string {
  if (!credential?.active) return ''
  const { notBefore, expiresOn } = credential
  if (expiresOn !== null && now >= expiresOn) return `: ${what} expired on ${time(expiresOn)}`
  return notBefore !== null && now < notBefore ? `: ${what} is not valid before ${time(notBefore)}` : ''
}

function isValid({ active, notBefore, expiresOn }: WorldCredential, now: number): boolean {
  return active && (notBefore === null || now >= notBefore) && (expiresOn === null || now < expiresOn)
}

// --- routes --------------------------------------------------------------------------------------------------------

function findRoute(path: string): Target {
  const parts = (path.startsWith('/client/v4/') ? path.slice('/client/v4'.length) : path).split('/').slice(1)
  // A missing id is a malformed one.
  if (['access', 'tokens'].includes(parts[1] ?? '') && parts[0] !== 'user') parts.splice(1, 0, '')
  const [scopeKind = '', scopeId = '', ...rest] = parts
  const target = { scopeKind, scopeId, certificateId: '' }
  if (parts.join('/') === 'user/tokens/verify') return { ...target, scopeId: '', serve: 'verify' }
  if (scopeKind !== 'accounts' && scopeKind !== 'zones') throw new Refused(400, [NO_ROUTE])
  const serve = operationOf(scopeKind, rest)
  const certificateId = serve === 'certificate' ? (rest[2] ?? '') : ''
  if (isScopeId(scopeId) && (certificateId === '' || isUuid(certificateId))) return { ...target, certificateId, serve }
  throw couldNotRoute(path, scopeId, certificateId)
}

const isLowerHex = (text: string) => [...text].every((digit) => '0123456789abcdef'.includes(digit))
const isScopeId = (id: string) => id.length === 32 && isLowerHex(id)
const hasUuidGroups = (id: string) => {
  const lengths = id.split('-').map(({ length }) => length)
  return lengths.join() === '8,4,4,4,12'
}

function isUuid(id: string): boolean {
  const groups = id.split('-')
  return (
    hasUuidGroups(id) && groups.every(isLowerHex) && groups[2]?.[0] === '4' && '89ab'.includes(groups[3]?.[0] ?? 'x')
  )
}

function couldNotRoute(path: string, scopeId: string, certificateId: string): Refused {
  if (hasUuidGroups(scopeId)) throw new Error('no UUID is drawn for an account or zone')
  const form = ' 32 hexadecimal digits are the id of an account or zone: that of a certificate is a UUID, with hyphens'
  const named = isScopeId(scopeId) && isScopeId(certificateId) ? form : ''
  const message = `Could not route to ${path}, perhaps your object identifier is invalid?${named}`
  return new Refused(404, [{ code: 7003, message }, NO_ROUTE])
}

function operationOf(scopeKind: string, rest: readonly string[]): Target['serve'] {
  const path = rest.join('/')
  if (path === 'tokens/verify' && scopeKind === 'accounts') return 'verify'
  if (path === 'access/certificates') return 'list'
  if (path === 'access/certificates/settings') return 'settings'
  if (path.startsWith('access/certificates/') && rest.length === 3) return 'certificate'
  throw new Refused(400, [NO_ROUTE])
}

function readPageNumber(query: string, name: string, otherwise: number, max: number): number {
  const values = query
    .split('&')
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  if (values.length === 0) return otherwise
  const [value = ''] = values
  if (value === '0' && values.length === 1) return otherwise
  const number = Number(value)
  const whole = value !== '' && [...value].every((digit) => '0123456789'.includes(digit))
  if (values.length === 1 && whole && number >= 1 && number <= max) return number
  throw invalid(`${name} must be a whole number from 1 to ${max}, given once`)
}

// --- bodies --------------------------------------------------------------------------------------------------------

/** The messages for the generated bodies that are not JSON. */
const MALFORMED: ReadonlyMap<string, string> = new Map([
  ['', 'the body is empty: send a JSON object'],
  ['{', 'line 1, column 2: it ends before its last brace, bracket or quotation mark: it is cut short'],
])

function readJson({ headers, body = '' }: WireRequest): Json {
  const type = headers['content-type'] ?? 'application/json'
  if (!['application/json', 'multipart/form-data'].includes(type.split(';')[0] ?? '')) {
    const valid = 'Invalid Content-Type header, valid values are application/json,multipart/form-data'
    const why = type === 'application/x-www-form-urlencoded' ? 'curl -d sends a form unless told otherwise: ' : ''
    const advice = "send the header Content-Type: application/json (curl -H 'Content-Type: application/json')"
    throw badHeaders([[6105, `${valid}: ${why}${advice}`]])
  }
  if (new TextEncoder().encode(body).length > MAX_BODY) {
    throw new Refused(413, [{ code: 6008, message: 'Request body is too large' }])
  }
  try {
    return JSON.parse(body)
  } catch {
    throw new Refused(400, [{ code: 6007, message: `Malformed JSON in request body: ${MALFORMED.get(body) ?? ''}` }])
  }
}

const KEY_FAULT = 'holds a private key: never send one; send the CA certificate only, and consider that key exposed'

/** All faults of a body. */
class Faults {
  readonly #problems: Problem[] = []
  /** Pointers of private keys: these texts are refused without being read further. */
  readonly #keys: ReadonlySet<string>

  constructor(body: Json) {
    this.#keys = new Set(privateKeys('', body))
    for (const pointer of this.#keys) this.add(pointer, KEY_FAULT)
  }

  add(pointer: string, detail: string): void {
    const [first = '', ...items] = pointer.split('/').slice(1)
    const field =
      pointer === ''
        ? 'the request body'
        : [first, ...items.map((item) => (Number.isNaN(Number(item)) ? `.${item}` : `[${item}]`))].join('')
    const message = `access.api.error.invalid_request: ${field} ${detail}`
    this.#problems.push({ code: 12130, message, source: { pointer } })
  }

  /** These messages are fixed: they do not name the field. */
  addForeign(pointer: string, code: number, text: string): void {
    this.#problems.push({ code, message: `access.api.error.${text}`, source: { pointer } })
  }

  refuseIfAny(): void {
    if (this.#problems.length > 0) throw new Refused(400, this.#problems)
  }

  isKey(pointer: string): boolean {
    return this.#keys.has(pointer)
  }

  /** The value itself if it is an object, otherwise an empty object without required fields. */
  object(pointer: string, value: Json): JsonObject {
    if (isObject(value)) return value
    this.add(pointer, `must be a JSON object, not ${typeName(value)}`)
    return NOTHING
  }

  /** A required text. */
  text(pointer: string, fields: JsonObject, key: string): string | undefined {
    const value = fields[key]
    if (fields === NOTHING || this.#keys.has(pointer)) return undefined
    if (typeof value === 'string') return value
    this.add(pointer, value === undefined ? 'is required' : `must be a string, not ${typeName(value)}`)
    return undefined
  }

  /** Absent or null means false. */
  flag(pointer: string, fields: JsonObject, key: string): boolean {
    const value = fields[key] ?? false
    if (typeof value === 'boolean') return value
    this.add(pointer, `must be true or false, not ${typeName(value)}`)
    return false
  }

  /** Absent or null means an empty list. */
  list(pointer: string, fields: JsonObject, expected: string): (readonly [number, Json])[] {
    const value = fields[pointer.slice(1)] ?? []
    if (isArray(value)) return [...value.entries()]
    this.add(pointer, `must be ${expected}, not ${typeName(value)}`)
    return []
  }

  worth<T>(pointer: string, lexicon: ReadonlyMap<string, Worth<T>>, text: string): T | undefined {
    const worth = lexicon.get(text)
    if (worth === undefined) throw new Error(`the lexicon does not know ${JSON.stringify(text)}`)
    if ('means' in worth) return worth.means
    this.add(pointer, worth.fault)
    return undefined
  }
}

const NOTHING: JsonObject = {}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value)
const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !isArray(value)

function typeName(value: Json): string {
  if (value === null) return 'null'
  if (typeof value === 'object') return isArray(value) ? 'an array' : 'an object'
  return `a ${typeof value}`
}

function privateKeys(pointer: string, value: Json): readonly string[] {
  if (typeof value === 'string') return value.includes('PRIVATE KEY-----') ? [pointer] : []
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, member]) => privateKeys(`${pointer}/${key}`, member))
}

/** Undefined if none was given, or a faulty one. */
function readName(faults: Faults, fields: JsonObject, required: boolean): string | undefined {
  if (!required && (fields['name'] ?? null) === null) return undefined
  const name = faults.text('/name', fields, 'name')
  if (name === undefined) return undefined
  const { length } = [...name]
  if (length < 1 || length > 350) faults.add('/name', `must have 1 to 350 characters, not ${length}`)
  return name
}

// --- answers -------------------------------------------------------------------------------------------------------

function badHeaders(chain: readonly (readonly [number, string])[]): Refused {
  const error_chain = chain.map(([code, message]) => ({ code, message }))
  return new Refused(400, [{ code: 6003, message: 'Invalid request headers', error_chain }])
}

function invalid(detail: string): Refused {
  return new Refused(400, [{ code: 12130, message: `access.api.error.invalid_request: ${detail}` }])
}

function conflict(detail: string): Refused {
  const problem = { code: 12132, message: `access.api.error.conflict: ${detail}` }
  return new Refused(409, [problem], { 'x-should-retry': 'false' })
}

function show({ id, name, fingerprint, hostnames, createdAt, updatedAt, expiresOn }: Stored): Json {
  return {
    id,
    name,
    fingerprint: `MD5 Fingerprint=${fingerprint}`,
    associated_hostnames: hostnames,
    created_at: time(createdAt),
    updated_at: time(updatedAt),
    expires_on: time(expiresOn),
  }
}

function time(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(0, 19)}Z`
}

/** What is said of an accepted certificate, one message for each code. @param sameKey the other records with its key */
function notes(
  chain: readonly RootFacts[],
  now: number,
  sameKey: (one: RootFacts) => string | undefined,
): readonly Json[] {
  const source = { pointer: '/certificate' }
  const said = new Map<number, { readonly facts: string[]; readonly advice: string }>()
  const say = (code: number, fact: string, advice = '') => {
    const { facts } = said.get(code) ?? { facts: [] }
    said.set(code, { facts: [...facts, fact], advice })
  }
  for (const [index, one] of chain.entries()) {
    const which = `certificate ${index + 1}`
    for (const [code, fact, advice] of ofDates(one, now)) say(code, `${which} ${fact}`, advice)
    for (const [code, fact, advice] of ofDatesBeside(one, chain[0], now)) say(code, `${which} ${fact}`, advice)
    const others = sameKey(one)
    if (others !== undefined) {
      const advice = ': clients of that key are let in by each of them at its hostnames: to end that, delete them all'
      say(12912, `${which} has the same key as ${others}`, advice)
    }
  }
  return [...said].map(([code, { facts, advice }]) => ({ code, message: `${facts.join(', ')}${advice}`, source }))
}

type Said = readonly [code: number, fact: string, advice?: string]

function* ofDates({ notBefore, notAfter }: RootFacts, now: number): Generator<Said> {
  const days = Math.floor((notAfter - now) / 86_400)
  if (notAfter < now) yield [12901, `expired on ${time(notAfter)}`]
  else if (notAfter - now <= 90 * 86_400) {
    const when = days === 0 ? 'in less than a day' : days === 1 ? 'in 1 day' : `in ${days} days`
    yield [12905, `expires on ${time(notAfter)}, ${when}`, ': add its successor before that']
  }
  if (notBefore > now) yield [12902, `is not valid before ${time(notBefore)}`]
}

function* ofDatesBeside(one: RootFacts, first: RootFacts | undefined, now: number): Generator<Said> {
  const { notAfter } = one
  const date = first?.notAfter ?? 0
  const firsts = `certificate 1 (${time(date)}), whose date is the record's expires_on`
  if (notAfter >= now && notAfter < date) {
    const advice = ': from then on, clients whose path needs it are refused; renew it in time'
    yield [12942, `expires on ${time(notAfter)}, before ${firsts}`, advice]
  }
  if (first?.selfSigned && one.selfSigned && notAfter > date) {
    const advice =
      ': its clients are let in when the record looks expired: to see its date, add it as a record of its own'
    yield [12945, `expires on ${time(notAfter)}, after ${firsts}`, advice]
  }
}

/** Fields that are not read get a message. No generated one has a name near that of a field that is read. */
function unknown(fields: JsonObject, known: readonly string[]): readonly Json[] {
  const shape = ['id', 'fingerprint', 'certificate', 'expires_on', 'created_at', 'updated_at']
  const which = [known.slice(0, -1).join(', '), known.at(-1)].filter((part) => part !== '').join(' and ')
  return Object.keys(fields)
    .filter((key) => ![...known, ...shape].includes(key))
    .map((key) => ({
      code: 12943,
      message: `${key} is not a field of this request and was ignored; its fields are ${which}`,
      source: { pointer: `/${key}` },
    }))
}

/** A PUT that removes all hostnames lists them in a message. */
function putBack(hostnames: readonly string[]): readonly Json[] {
  if (hostnames.length === 0) return []
  const body = `{"associated_hostnames": ${JSON.stringify(hostnames)}}`
  const what = 'this certificate is associated with no hostname any more, so its CAs let nobody in'
  const why = 'a PUT without associated_hostnames removes them all'
  return [
    {
      code: 12941,
      message: `${what}: ${why}. To put them back, PUT ${body}`,
      source: { pointer: '/associated_hostnames' },
    },
  ]
}
