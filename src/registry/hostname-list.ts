import type { HostnameLimits } from '../core/config.ts'
import { parseHostname } from '../core/hostname.ts'
import type { Hostname, ScopeDomains } from '../core/model.ts'
import type { AsciiHostname } from '../core/units.ts'
import type { FieldFault } from './refusal.ts'

/** An entry of `associated_hostnames`, with its index in the body. */
export interface HostnameDraft {
  readonly index: number
  readonly text: string
}

/** The hostnames of a body. */
export interface HostnameList {
  readonly hostnames: readonly Hostname[]
  /** For each of `hostnames`, its index in the body. */
  readonly indexes: readonly number[]
  readonly faults: readonly FieldFault[]
}

/**
 * Most hostnames in one request [ours]. In the worst case, a thousand names of 127 labels, SQLite found their owners among
 * 10,000 zones in 0.15 s. The real service has no documented limit.
 */
export const MAX_HOSTNAMES = 1_000

/** Most labels in all names of a request. Each label is a look-up; 10,000 take SQLite some 10 ms. */
const MAX_LABELS = 10_000

/** Most names that are read before access is known. */
const LIGHT_HOSTNAMES = 100

/** Whether a list is so long that access must be known before it is read. */
export function isHeavyList(drafts: readonly unknown[]): boolean {
  return drafts.length > LIGHT_HOSTNAMES
}

/** The fault of having more labels than may be looked up. */
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

/** The faults of names outside of the scope. @param positions theirs in `hostnames` */
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

/** The faults of names that would have more certificates than the limits. @param positions theirs in `hostnames` */
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

/** A hostname outside of the scope, and the scope's domains, which only clients that may read the scope see. */
export interface ForeignHostname {
  readonly reason: 'foreign_hostname'
  readonly scope: ScopeDomains
  /** The domain of the scope under which the hostname lies, where a more specific zone has it. */
  readonly under: string | undefined
}

/** The fault of a name outside of the scope. */
export function foreignHostname(ascii: AsciiHostname, scope: ScopeDomains): ForeignHostname {
  const under = scope.domains.find((domain) => `.${ascii}`.endsWith(`.${domain}`))
  return { reason: 'foreign_hostname', scope, under }
}

function hostnamePointer(index: number): string {
  return `/associated_hostnames/${index}`
}
