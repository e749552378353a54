import { parseHostname } from '../hostname.ts'
import type { Hostname } from '../model.ts'
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
  return { hostnames, indexes, faults }
}

/** The faults of names that are not the scope's, given their positions in `hostnames`. */
export function foreignFaults({ indexes }: HostnameList, positions: readonly number[]): readonly FieldFault[] {
  return positions.map((position) => ({
    pointer: hostnamePointer(indexes[position] ?? position),
    reason: 'foreign_hostname',
  }))
}

function hostnamePointer(index: number): string {
  return `/associated_hostnames/${index}`
}
