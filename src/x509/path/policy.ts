import { displayName } from '../certificate/name.ts'
import type { Entry } from './entry.ts'
import { ANY_POLICY, hasPolicyRules, type PolicyValues, policyValues } from './policy-values.ts'
import type { PolicyFault, UnreadablePolicies } from './reasons/fault.ts'

/** A fault and its certificate. */
export interface PolicyVerdict {
  readonly at: Entry
  readonly fault: PolicyFault
}

/**
 * Checks certificate policies (RFC 5280 6.1.2 to 6.1.5) with user-initial-policy-set = any-policy, and without the initial-*
 * inputs. A path fails if it maps anyPolicy, or if a CA requires an explicit policy and none is valid.
 *
 * It keeps one level of RFC 9618's policy graph instead of RFC 5280's tree, which grows exponentially (CVE-2023-0464). With
 * any-policy as the user's set, it only matters whether the last level is empty, so the levels above are not kept. The anchor is
 * not part of the path: its policies mean nothing, but its constraints count (RFC 5937 3.2).
 *
 * @param path from the leaf up, without the anchor
 */
export function checkPolicies(path: readonly Entry[], anchor: Entry): PolicyVerdict | undefined {
  if (![...path, anchor].some(({ certificate }) => hasPolicyRules(certificate))) return undefined
  const state = new PolicyState(path.length)
  state.constrain(policyValues(anchor.certificate))
  for (const at of path.toReversed()) {
    const isLeaf = at === path[0]
    const values = policyValues(at.certificate)
    const fault = state.process(values, at, isLeaf) ?? (isLeaf ? undefined : state.prepare(values, at))
    if (fault !== undefined) return { at, fault }
  }
  return undefined
}

/**
 * The policies that the leaf of a valid path names and that are valid for the path (RFC 5280 6.1.5 (g)): each certificate between
 * leaf and anchor has them too, or maps to them. anyPolicy of the leaf names none.
 *
 * @param path from the leaf up, its anchor last
 */
export function validPolicies(path: readonly Entry[]): ReadonlySet<string> {
  const [leaf, anchor, below] = [path[0], path.at(-1), path.slice(0, -1)]
  const named = leaf && policyValues(leaf.certificate).policies
  if (anchor === undefined || named === undefined || below.length === 0) return new Set()
  const state = new PolicyState(below.length)
  state.constrain(policyValues(anchor.certificate))
  for (const at of below.toReversed()) {
    const values = policyValues(at.certificate)
    state.process(values, at, at === leaf)
    if (at !== leaf) state.prepare(values, at)
  }
  return new Set(state.valid.filter((policy) => policy !== ANY_POLICY && named.has(policy)))
}

/** The state variables of RFC 5280 6.1.2 (a), (d), (e) and (f). */
class PolicyState {
  /** The nodes of one level: expected_policy_set by valid_policy. Empty where the graph is NULL. */
  #level: ReadonlyMap<string, ReadonlySet<string>> = new Map([[ANY_POLICY, new Set([ANY_POLICY])]])
  #explicitPolicy: number
  #policyMapping: number
  #inhibitAnyPolicy: number
  /** The first certificate from the anchor down whose policies cannot be read. */
  #unreadable: UnreadablePolicies | undefined

  /** @param length the number of certificates on the path without the anchor: n of 6.1.2 */
  constructor(length: number) {
    this.#explicitPolicy = length + 1
    this.#policyMapping = length + 1
    this.#inhibitAnyPolicy = length + 1
  }

  /** The policies of the last level. */
  get valid(): readonly string[] {
    return [...this.#level.keys()]
  }

  /** 6.1.3 (d), (e), (f), and for the leaf 6.1.5 (a), (b), (g). */
  process(values: PolicyValues, { selfIssued, certificate }: Entry, isLeaf: boolean): PolicyFault | undefined {
    if (values.unreadablePolicies !== undefined) {
      this.#unreadable ??= { subject: displayName(certificate.subject), ...values.unreadablePolicies }
    }
    const anyAllowed = this.#inhibitAnyPolicy > 0 || (!isLeaf && selfIssued)
    this.#level = values.policies === undefined ? new Map() : this.#nextLevel(values.policies, anyAllowed)
    if (isLeaf) {
      // 6.1.5 (a) and (b)
      if (this.#explicitPolicy > 0) this.#explicitPolicy -= 1
      if (values.requireExplicitPolicy === 0) this.#explicitPolicy = 0
    }
    if (this.#explicitPolicy > 0 || this.#level.size > 0) return undefined
    return { reason: 'policy_required', ...(this.#unreadable && { unreadable: this.#unreadable }) }
  }

  /** 6.1.3 (d) (1) and (2) */
  #nextLevel(policies: ReadonlySet<string>, anyAllowed: boolean): ReadonlyMap<string, ReadonlySet<string>> {
    const expected = new Set([...this.#level.values()].flatMap((set) => [...set]))
    const parentIsAny = this.#level.has(ANY_POLICY)
    const next = new Map<string, ReadonlySet<string>>()
    for (const policy of policies) {
      if (policy !== ANY_POLICY && (parentIsAny || expected.has(policy))) next.set(policy, new Set([policy]))
    }
    if (policies.has(ANY_POLICY) && anyAllowed) {
      for (const policy of expected) if (!next.has(policy)) next.set(policy, new Set([policy]))
    }
    return next
  }

  /** 6.1.4 (a), (b), (h), (i), (j) */
  prepare(values: PolicyValues, { selfIssued }: Entry): PolicyFault | undefined {
    const wrong = values.mappings.find((pair) => pair.includes(ANY_POLICY))
    if (wrong !== undefined) {
      return { reason: 'policy_mapping_any', issuerDomain: wrong[0], subjectDomain: wrong[1] }
    }
    this.#map(values.mappings)
    if (!selfIssued) {
      // (h)
      this.#explicitPolicy = Math.max(0, this.#explicitPolicy - 1)
      this.#policyMapping = Math.max(0, this.#policyMapping - 1)
      this.#inhibitAnyPolicy = Math.max(0, this.#inhibitAnyPolicy - 1)
    }
    this.constrain(values)
    return undefined
  }

  /** 6.1.4 (b): replaces the CA's policies by those that its subjects use. Where mapping is inhibited, a mapped policy ends. */
  #map(mappings: PolicyValues['mappings']): void {
    const level = new Map(this.#level)
    const mapped = new Map<string, Set<string>>()
    for (const [from, to] of mappings) mapped.set(from, (mapped.get(from) ?? new Set()).add(to))
    for (const [from, to] of mapped) {
      if (this.#policyMapping === 0) level.delete(from)
      else if (level.has(from) || level.has(ANY_POLICY)) level.set(from, to)
    }
    this.#level = level
  }

  /** 6.1.4 (i) and (j) */
  constrain(values: PolicyValues): void {
    const lower = (now: number, to: number | undefined) => Math.min(now, to ?? now)
    this.#explicitPolicy = lower(this.#explicitPolicy, values.requireExplicitPolicy)
    this.#policyMapping = lower(this.#policyMapping, values.inhibitPolicyMapping)
    this.#inhibitAnyPolicy = lower(this.#inhibitAnyPolicy, values.inhibitAnyPolicy)
  }
}
