import type { AccountId, Hex } from '../../core/units.ts'
import { number, type Row, text } from '../../store/d1.ts'
import type { Statement } from '../../store/statement.ts'
import { sealOf } from './chain.ts'
import { CHANGE_COLUMNS_SQL, changeFrom, type RecordedChange } from './sql.ts'

/** What a verification of an account's chain of changes found. */
export interface VerifiedChain {
  /** How many changes are kept. */
  readonly changes: number
  /** How many of them have no seal yet. */
  readonly unsealed: number
  /** The newest seal; empty where there is none. */
  readonly head: Hex
  /** What is wrong, in words; none: nothing. */
  readonly faults: readonly string[]
}

/** How many changes one statement reads: each has 1 MB at most, mostly some hundred bytes. */
const READ_CHANGES = 50

/** Selects the chain of an account. */
export function selectChain(accountId: AccountId): Statement {
  return {
    unscoped: 'operator',
    sql: 'SELECT head, pruned_position, pruned_sha256 FROM change_chains WHERE account_id = ?1',
    params: [accountId],
  }
}

/** Selects changes of an account behind a position. */
export function selectChangesAfter(accountId: AccountId, position: number): Statement {
  return {
    unscoped: 'operator',
    sql: `SELECT ${CHANGE_COLUMNS_SQL} FROM changes c WHERE c.account_id = ?1 AND c.position > ?2
      ORDER BY c.position LIMIT ${READ_CHANGES}`,
    params: [accountId, position],
  }
}

/**
 * Verifies the chain of an account's changes.
 * @param read runs a statement
 * @param known a seal that was kept elsewhere: a change must have it
 */
export async function verifyChain(
  read: (statement: Statement) => Promise<readonly Row[]>,
  accountId: AccountId,
  known?: Hex,
): Promise<VerifiedChain> {
  const [chain] = await read(selectChain(accountId))
  const verification = new Verification(chain)
  for (let rows = await read(selectChangesAfter(accountId, verification.next - 1)); rows.length > 0; ) {
    for (const row of rows) await verification.add(changeFrom(row))
    rows = await read(selectChangesAfter(accountId, verification.next - 1))
  }
  return verification.end(known)
}

/** Goes through the changes of a chain in their order. */
class Verification {
  /** The position of the next change. */
  next: number
  readonly #end: number
  readonly #seals = new Set<Hex>()
  readonly #faults: string[] = []
  #head: Hex
  #changes = 0
  #unsealed = 0

  /** @param chain undefined where the account has none */
  constructor(chain: Row | undefined) {
    this.next = chain === undefined ? 1 : number(chain, 'pruned_position') + 1
    this.#end = chain === undefined ? 0 : number(chain, 'head')
    this.#head = chain === undefined ? '' : text(chain, 'pruned_sha256')
    this.#seals.add(this.#head)
  }

  async add(change: RecordedChange): Promise<void> {
    this.#missing(change.position)
    this.next = change.position + 1
    this.#changes += 1
    if (change.sha256 === null) {
      this.#unsealed += 1
      return
    }
    if (this.#unsealed > 0) this.#faults.push(`change ${change.position} is sealed before one that it follows`)
    const seal = await sealOf(this.#head, change)
    if (change.sha256 !== seal) this.#faults.push(`change ${change.position} is not what was sealed`)
    this.#head = change.sha256
    this.#seals.add(this.#head)
  }

  end(known: Hex | undefined): VerifiedChain {
    this.#missing(this.#end + 1)
    if (known !== undefined && !this.#seals.has(known)) this.#faults.push('no change has the seal that was given')
    return { changes: this.#changes, unsealed: this.#unsealed, head: this.#head, faults: this.#faults }
  }

  #missing(position: number): void {
    if (this.next === position - 1) this.#faults.push(`change ${this.next} is missing`)
    else if (this.next < position) this.#faults.push(`changes ${this.next} to ${position - 1} are missing`)
    this.next = Math.max(this.next, position)
  }
}
