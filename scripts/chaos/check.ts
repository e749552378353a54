import type { Copy } from './copy.ts'
import { findUnsound, type Sealed } from './soundness.ts'
import { canonical, type Outcome } from './state.ts'
import { readTables } from './tables.ts'
import type { Writer } from './writer.ts'

/** What was found up to the last check. */
export interface Checked {
  /** By account: the position of the newest change. */
  readonly heads: Map<string, number>
  readonly sealed: Sealed
}

/**
 * Compares the tables with what each writer may expect: a write that was answered is there, one that was not is there as a whole, with
 * its change, or not at all. The writers go on from what is there.
 */
export async function checkTables(
  copy: Copy,
  writers: readonly Writer[],
  checked: Checked,
): Promise<readonly string[]> {
  const findings = [...(await findUnsound(copy, checked.sealed))]
  for (const writer of writers) {
    const since = checked.heads.get(writer.author.accountId) ?? 0
    const found = readTables(copy, writer.author, since, writer.ids)
    findings.push(...found.findings)
    const there = canonical(found, found.ids)
    const before = writer.beforeUnanswered
    if (!writer.outcomes.some((expected) => canonical(expected, found.ids) === there)) {
      findings.push(mismatch(writer, found, found.ids))
    }
    writer.settle(found, found.ids, before)
  }
  for (const { account_id: id, head } of copy.rows('SELECT account_id, head FROM change_chains')) {
    checked.heads.set(String(id), Number(head))
  }
  return findings
}

/** The first place where what is there departs from the likeliest outcome. */
function mismatch(writer: Writer, found: Outcome, ids: ReadonlyMap<string, string>): string {
  const there = canonical(found, ids)
  const departures = writer.outcomes.map((expected) => {
    const text = canonical(expected, ids)
    const at = [...text].findIndex((letter, index) => letter !== there[index])
    return { text, at: at === -1 ? text.length : at }
  })
  const [nearest = { text: '', at: 0 }] = departures.sort((a, b) => b.at - a.at)
  const around = (text: string) => text.slice(Math.max(0, nearest.at - 120), nearest.at + 120)
  return `${writer.author.name} has …${around(there)}…, expected …${around(nearest.text)}… (${departures.length} outcomes)`
}
