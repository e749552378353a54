import type { HostnameLimits } from '../core/config.ts'
import { parseHostname } from '../core/hostname.ts'
import type { Hostname, ScopeDomains } from '../core/model.ts'
import type { AsciiHostname } from '../core/units.ts'
import type { FieldFault } from './refusal.ts'

/** A text of `associated_hostnames` with its index in the body, where others may have been faulty. */
export interface HostnameDraft {
  readonly index: number
  readonly text: string
}

/** The hostnames of a body, once read. */
export interface HostnameList {
  readonly hostnames: readonly Hostname[]
  /** For each of `hostnames`, its index in the body. */
  readonly indexes: readonly number[]
  readonly faults: readonly FieldFault[]
}

/**
 * Hostnames in one request [ours]. The owners of a thousand names of 127 labels, the worst there is, took SQLite
 * 0.15 s to find among 10,000 zones; the real service has no documented limit.
 */
export const MAX_HOSTNAMES = 1_000

/** Labels of all names of a request: each is a look-up of who owns it. 10,000 take SQLite some 10 ms. */
const MAX_LABELS = 10_000

/** Names that are looked at before access is known. */
const LIGHT_HOSTNAMES = 100

/** Whether a list takes so much that it has to be known first who asks. */
export function isHeavyList(drafts: readonly unknown[]): boolean {
  return drafts.length > LIGHT_HOSTNAMES
}

/** More labels than may be looked up. */
export function labelFaults(pointer: string, hostnames: readonly Hostname[]): readonly FieldFault[] {
  const labels = hostnames.reduce((sum, { ascii }) => sum + ascii.split('.').length, 0)
  return labels > MAX_LABELS ? [{ pointer, reason: 'too_many_labels', labels, limit: MAX_LABELS }] : []
}

/** Checks each name and drops those that are the same as an earlier one (contract 3: "Duplicates collapse"). */
export function readHostnames(drafts: readonly HostnameDraft[]): HostnameList {
  const hostnames: Hostname[] = []
  const indexes: number[] = []
  const faults: FieldFault[] = []
  const seen = new Set<string>()
  for (const { index, text } of drafts) {
    const parsed = parseHostname(text)
    if (!parsed.ok) {
      faults.push({ pointer: hostnamePointer(index), ...parsed.error })
    } else if (!seen.has(parsed.value)) {
      seen.add(parsed.value)
      hostnames.push({ text, ascii: parsed.value })
      indexes.push(index)
    }
  }
  faults.push(...labelFaults('/associated_hostnames', hostnames))
  return { hostnames, indexes, faults }
}

/** The faults of names that are not the scope's, given their positions in `hostnames`. */
export function foreignFaults(
  { hostnames, indexes }: HostnameList,
  positions: readonly number[],
  scope: ScopeDomains,
): readonly FieldFault[] {
  return positions.map((position) => ({
    pointer: hostnamePointer(indexes[position] ?? position),
    ...foreignHostname(hostnames[position]?.ascii ?? '', scope),
  }))
}

/** The faults of names that would have more certificates than the limits, likewise. */
export function crowdedFaults(
  { indexes }: HostnameList,
  positions: readonly number[],
  limits: HostnameLimits,
): readonly FieldFault[] {
  return positions.map((position) => ({
    pointer: hostnamePointer(indexes[position] ?? position),
    reason: 'crowded_hostname',
    limits,
  }))
}

/** A hostname that is not the scope's, and what is: only who may read the scope gets to see it. */
export interface ForeignHostname {
  readonly reason: 'foreign_hostname'
  readonly scope: ScopeDomains
  /** The domain of the scope's that it ends with all the same: a more specific zone has it. */
  readonly under: string | undefined
}

/** Says of a name in A-label form that it is not the scope's. */
export function foreignHostname(ascii: AsciiHostname, scope: ScopeDomains): ForeignHostname {
  const under = scope.domains.find((domain) => `.${ascii}`.endsWith(`.${domain}`))
  return { reason: 'foreign_hostname', scope, under }
}

function hostnamePointer(index: number): string {
  return `/associated_hostnames/${index}`
}
