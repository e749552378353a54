import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import { operation, SCOPE_ID, type Shape } from '../../web/operation.ts'
import { mapPage, readPage } from '../../web/page.ts'
import { Count, ScopeId, WireTime } from '../../web/shapes.ts'
import {
  ACCOUNT_PARAMETERS,
  getAccount,
  getUser,
  getZone,
  listAccounts,
  listZones,
  STATUS,
  TYPE,
  ZONE_PARAMETERS,
} from './rules.ts'
import type { SeenAccount, SeenZone } from './sql.ts'

/** Cloudflare's size of these pages (contract 2.3). */
const PAGES = { perPage: 20, alwaysInfo: true } as const

const No = v.literal(false)
const Nothing = v.null()

const Account = v.pipe(
  v.strictObject({
    id: ScopeId,
    name: v.string(),
    type: v.literal('standard'),
    settings: v.strictObject({ enforce_twofactor: No }),
    created_on: WireTime,
  }),
  v.title('Account'),
)

const Zone = v.pipe(
  v.strictObject({
    id: ScopeId,
    name: v.pipe(v.string(), v.description('The domain, as A-labels in lower case')),
    status: v.literal(STATUS),
    paused: No,
    type: v.literal(TYPE),
    development_mode: v.literal(0),
    name_servers: v.pipe(v.array(v.string()), v.maxLength(0)),
    original_name_servers: Nothing,
    original_registrar: Nothing,
    original_dnshost: Nothing,
    created_on: WireTime,
    modified_on: WireTime,
    activated_on: WireTime,
    meta: v.strictObject({ custom_certificate_quota: Count, page_rule_quota: Count, phishing_detected: No }),
    owner: v.strictObject({ id: ScopeId, type: v.literal('organization'), name: v.string() }),
    account: v.strictObject({ id: ScopeId, name: v.string() }),
    plan: v.strictObject({ price: Count, is_subscribed: No, can_subscribe: No, externally_managed: No }),
  }),
  v.title('Zone'),
)

const User = v.pipe(
  v.strictObject({
    id: v.pipe(ScopeId, v.description('The id of the key')),
    email: v.string(),
    first_name: Nothing,
    last_name: Nothing,
    telephone: Nothing,
    country: Nothing,
    zipcode: Nothing,
    two_factor_authentication_enabled: No,
    two_factor_authentication_locked: No,
    suspended: No,
    has_pro_zones: No,
    has_business_zones: No,
    has_enterprise_zones: No,
    betas: v.pipe(v.array(v.string()), v.maxLength(0)),
  }),
  v.title('User'),
)

/** cloudflare-go v0 reads `settings.enforce_twofactor` without asking whether there are settings (contract 2.4). */
function shownAccount({ id, name, createdAt }: SeenAccount): Shape<typeof Account> {
  return { id, name, type: 'standard', settings: { enforce_twofactor: false }, created_on: rfc3339(createdAt) }
}

function shownZone({ id, domain, createdAt, account }: SeenZone): Shape<typeof Zone> {
  const created = rfc3339(createdAt)
  return {
    id,
    name: domain,
    status: STATUS,
    paused: false,
    type: TYPE,
    development_mode: 0,
    name_servers: [],
    original_name_servers: null,
    original_registrar: null,
    original_dnshost: null,
    // A zone is active from the beginning, and never changed.
    created_on: created,
    modified_on: created,
    activated_on: created,
    meta: { custom_certificate_quota: 0, page_rule_quota: 0, phishing_detected: false },
    owner: { id: account.id, type: 'organization', name: account.name },
    account,
    plan: { price: 0, is_subscribed: false, can_subscribe: false, externally_managed: false },
  }
}

const parametersOf = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, v.optional(v.string())]))

const SHARED = { namespace: 'cloudflare', method: 'GET', permission: undefined, status: 200 } as const

/** Accounts, zones and the user: what clients look up first, as far as the credential may see it. */
export const LOOKUPS = [
  operation({
    ...SHARED,
    path: '/accounts',
    summary: 'List accounts',
    parameters: parametersOf(ACCOUNT_PARAMETERS),
    pages: PAGES,
    result: v.array(Account),
    async serve({ query, claim, context }) {
      const page = readPage(query, PAGES.perPage)
      return mapOk(await listAccounts(context.db, claim, { query, page }), (one) => ({
        page: mapPage(one, shownAccount),
      }))
    },
  }),
  operation({
    ...SHARED,
    path: '/zones',
    summary: 'List zones',
    parameters: parametersOf([...ZONE_PARAMETERS, 'type']),
    pages: PAGES,
    result: v.array(Zone),
    async serve({ query, claim, context }) {
      const page = readPage(query, PAGES.perPage)
      return mapOk(await listZones(context.db, claim, { query, page }), (one) => ({ page: mapPage(one, shownZone) }))
    },
  }),
  operation({
    ...SHARED,
    path: `/(?<scope>accounts)${SCOPE_ID}`,
    permission: 'read',
    summary: 'Get an account',
    result: Account,
    async serve({ claim, context }) {
      return mapOk(await getAccount(context.db, claim), (account) => ({ result: shownAccount(account) }))
    },
  }),
  operation({
    ...SHARED,
    path: `/(?<scope>zones)${SCOPE_ID}`,
    permission: 'read',
    summary: 'Get a zone',
    result: Zone,
    async serve({ claim, context }) {
      return mapOk(await getZone(context.db, claim), (zone) => ({ result: shownZone(zone) }))
    },
  }),
  operation({
    ...SHARED,
    path: '/user',
    summary: 'Get the user',
    result: User,
    async serve({ claim, context }) {
      return mapOk(await getUser(context.db, claim), ({ id, email }) => ({
        result: {
          id,
          email,
          first_name: null,
          last_name: null,
          telephone: null,
          country: null,
          zipcode: null,
          two_factor_authentication_enabled: false as const,
          two_factor_authentication_locked: false as const,
          suspended: false as const,
          has_pro_zones: false as const,
          has_business_zones: false as const,
          has_enterprise_zones: false as const,
          betas: [],
        },
      }))
    },
  }),
]
