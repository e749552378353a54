import { parseHostname } from '../../core/hostname.ts'
import type { Claim, HostnameMode, RevocationPolicy } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { IdentityRule } from '../../edge/identity-rules.ts'
import { changeObstacle } from '../../store/changes.ts'
import { orNotFound } from '../../store/record-target.ts'
import type { RequestContext } from '../../web/operation.ts'
import { unixSeconds } from '../../web/shapes.ts'
import { blockSerial } from '../blocked-serials/rules.ts'
import { restoreCertificate } from '../certificates/restore-sql.ts'
import { changeCertificate } from '../certificates/rules.ts'
import { type Restoration, restoreCrls } from '../crls/deleted-sql.ts'
import { putMode } from '../modes/rules.ts'
import type { Refusal } from '../refusal.ts'
import { putPolicy } from '../revocation-policies/rules.ts'
import { putSettings } from '../settings/rules.ts'
import { type Revertible, selectRevertible } from './revert-sql.ts'
import { readPosition } from './rules.ts'
import { type RecordedChange, selectChange } from './sql.ts'

/** Why a change cannot be taken back. */
export type RevertObstacle =
  /** It took nothing away. */
  | { readonly why: 'took_nothing' }
  /** An operator made it. */
  | { readonly why: 'operator' }
  /** It was made under a zone's path, and this is the account's. */
  | { readonly why: 'other_scope'; readonly zoneId: string }
  /** A later change set the same thing. */
  | { readonly why: 'superseded'; readonly by: number }
  /** CRLs are current at the places of those that it deleted. */
  | { readonly why: 'replaced' }
  /** What it deleted is not kept any more. */
  | { readonly why: 'not_kept' }
  /** Other changes came between, again and again. */
  | { readonly why: 'busy' }

/** How often taking a change back begins again, because another change came between. */
const ATTEMPTS = 3

/** A change that took another one back. */
export interface Reverted {
  readonly change: RecordedChange
  /** How many CRLs of a record that came back were not kept. */
  readonly lostCrls: number
}

/** A success, or why the write that takes the change back is refused. */
type Carried = Promise<Result<unknown, Refusal>>

/**
 * Takes a change back: what it took away comes back, by the same rules as if it were sent again, and as a new change, which is
 * returned. Refused where a later change set the same thing, or where something else stands in its place.
 * @param text the change's position, from the path
 */
export async function revertChange(
  context: RequestContext,
  claim: Claim,
  text: string,
): Promise<Result<Reverted, Refusal>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      const reverted = await tryRevert(context, claim, readPosition(text))
      // The record was there, and is gone: the next attempt finds the change that deleted it.
      if (reverted.ok || reverted.error.reason !== 'certificate_not_found') return reverted
    } catch (error) {
      if (claim.expects !== undefined || changeObstacle(error) !== 'unexpected') throw error
    }
  }
  return fail({ reason: 'not_revertible', obstacle: { why: 'busy' } })
}

async function tryRevert(context: RequestContext, claim: Claim, position: number): Promise<Result<Reverted, Refusal>> {
  const found = await selectRevertible(context.db, claim, position)
  if (!found.ok) return found
  if (found.value === undefined) return fail({ reason: 'change_not_found' })
  const { change, head } = found.value
  const obstacle = obstacleTo(claim, found.value)
  if (obstacle !== undefined) return fail({ reason: 'not_revertible', obstacle })
  const revert = REVERTS[change.operation] ?? tookNothing
  const bound: Claim = { ...claim, expects: claim.expects ?? head, reverts: position }
  const restoration = { accountId: change.accountId, reverted: position, position: head + 1 }
  const carried = await revert({ context, claim: bound, found: found.value, restoration })
  if (!carried.ok) return carried
  const recorded = await selectChange(context.db, claim, head + 1)
  if (!recorded.ok) return recorded
  return recorded.value === undefined ? tookNothing() : ok({ change: recorded.value, lostCrls: lostCrls(found.value) })
}

function obstacleTo({ scope }: Claim, { change, supersededBy }: Revertible): RevertObstacle | undefined {
  if (change.actor === 'operator') return { why: 'operator' }
  if (change.zoneId !== null && scope.kind === 'accounts') return { why: 'other_scope', zoneId: change.zoneId }
  return supersededBy === undefined ? undefined : { why: 'superseded', by: supersededBy }
}

interface Reverting {
  readonly context: RequestContext
  /** Bound to the account's newest change. */
  readonly claim: Claim
  readonly found: Revertible
  readonly restoration: Restoration
}

const tookNothing = () => fail({ reason: 'not_revertible', obstacle: { why: 'took_nothing' } } as const)

/** How each operation is taken back. Those that are missing took nothing away. */
const REVERTS: Readonly<Record<string, (reverting: Reverting) => Carried>> = {
  async update_certificate({ context, claim, found: { change } }) {
    const { name, associated_hostnames: hostnames } = stateOf<CertificateState>(change.before)
    const drafts = hostnames.map((text, index) => ({ index, text }))
    return await changeCertificate(context, claim, idOf(change), ok({ name, hostnames: drafts, faults: [] }))
  },
  async delete_certificate({ context, claim, found, restoration }) {
    const { change, record, quotas } = found
    if (record === undefined) return fail({ reason: 'not_revertible', obstacle: { why: 'not_kept' } })
    const blocked = { quota: 'blockedSerials', ...quotas.blockedSerials, added: record.blockedSerials } as const
    const lack = isLacking(blocked) ? blocked : crlLack(found)
    if (lack !== undefined) return fail({ reason: 'quota_reached', ...lack })
    const { name, content_sha256: contentSha256 } = stateOf<DeletedState>(change.before)
    const deleted = { id: idOf(change), name, contentSha256, createdAt: record.createdAt, chain: record.chain }
    const outcome = await restoreCertificate(context.db, claim, deleted, restoration, context.hostnameLimits)
    if (!outcome.ok) return outcome
    return outcome.value.ok ? ok(undefined) : fail(outcome.value.error.otherwise)
  },
  async delete_crls({ context, claim, found, restoration }) {
    const { change, crls } = found
    if (crls.kept < stateOf<readonly unknown[]>(change.before).length) {
      return fail({ reason: 'not_revertible', obstacle: { why: 'not_kept' } })
    }
    if (crls.replaced > 0) return fail({ reason: 'not_revertible', obstacle: { why: 'replaced' } })
    const lack = crlLack(found)
    if (lack !== undefined) return fail({ reason: 'quota_reached', ...lack })
    return orNotFound(await restoreCrls(context.db, claim, idOf(change), restoration))
  },
  async unblock_serial({ context, claim, found: { change } }) {
    const { serial } = stateOf<{ readonly serial: string }>(change.before)
    return await blockSerial(context.db, claim, idOf(change), `0x${serial}`)
  },
  async put_revocation_policy({ context, claim, found: { change } }) {
    const { stale_policy: stale, uncovered, crl_url: crlUrl } = stateOf<PolicyState>(change.before)
    // Changes from before migration 0020 do not have it.
    const policy = { stale, uncovered, ...(crlUrl !== undefined && { crlUrl }) }
    return await putPolicy(context.db, claim, idOf(change), ok({ policy, faults: [] }), context.crlSourceHosts)
  },
  async put_mode({ context, claim, found: { change } }) {
    const state = stateOf<ModeState>(change.before ?? change.after)
    const mode = change.before === null ? 'required' : state.mode
    const until = mode === 'report' && state.until !== undefined ? unixSeconds(state.until) : undefined
    const identities = change.before === null ? [] : (state.identities ?? [])
    return await putMode(context.db, claim, state.hostname, ok({ mode, until, identities, faults: [] }))
  },
  async put_settings({ context, claim, found: { change } }) {
    const before = stateOf<readonly SettingState[]>(change.before ?? '[]')
    const named = stateOf<readonly SettingState[]>(change.after)
    const settings = named.map(({ hostname }, index) => {
      // It may have been spelled otherwise.
      const earlier = before.find((setting) => asciiOf(setting.hostname) === asciiOf(hostname))
      return {
        index,
        hostname: earlier?.hostname ?? hostname,
        chinaNetwork: earlier?.china_network ?? false,
        clientCertificateForwarding: earlier?.client_certificate_forwarding ?? false,
      }
    })
    return await putSettings(context, claim, ok({ settings, faults: [] }))
  },
}

interface CertificateState {
  readonly name: string
  readonly associated_hostnames: readonly string[]
}
interface DeletedState extends CertificateState {
  readonly content_sha256: string
  readonly crls: number
}
interface PolicyState {
  readonly stale_policy: RevocationPolicy['stale']
  readonly uncovered: RevocationPolicy['uncovered']
  readonly crl_url?: RevocationPolicy['crlUrl']
}
interface ModeState {
  readonly hostname: string
  readonly mode: HostnameMode
  readonly until?: string
  readonly identities?: readonly IdentityRule[]
}
interface SettingState {
  readonly hostname: string
  readonly china_network: boolean
  readonly client_certificate_forwarding: boolean
}

function asciiOf(hostname: string): string {
  const parsed = parseHostname(hostname)
  return parsed.ok ? parsed.value : hostname
}

function lostCrls({ change, crls }: Revertible): number {
  return change.operation === 'delete_certificate' ? stateOf<DeletedState>(change.before).crls - crls.kept : 0
}

/** What a change says of before or after. Its operation has written it in this shape. */
function stateOf<T>(json: string | null): T {
  return JSON.parse(json ?? 'null') as T
}

function idOf({ certificateId }: RecordedChange): string {
  if (certificateId === null) throw new Error('this change has no record')
  return certificateId
}

interface Lack {
  readonly limit: number
  readonly used: number
  readonly added: number
}

function isLacking({ limit, used, added }: Lack): boolean {
  return added > 0 && used + added > limit
}

/** The quota of CRLs or entries that has no room for those that come back. */
function crlLack({ crls, quotas }: Revertible) {
  const lists = { quota: 'crls', ...quotas.crls, added: crls.kept } as const
  const entries = { quota: 'crlEntries', ...quotas.crlEntries, added: crls.entries } as const
  return [lists, entries].find(isLacking)
}
