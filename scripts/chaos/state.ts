/** What one writer has stored, as the harness expects it and as it is read back: plain data that is compared as a whole. */

export interface CrlState {
  /** cRLNumber, hexadecimal. */
  readonly number: string
  readonly entries: number
  /** SHA-256 of its DER. */
  readonly sha256: string
}

export interface RecordState {
  /** '' until an answer or a table has said it. */
  readonly id: string
  readonly name: string
  readonly hostnames: readonly string[]
  /** SHA-256 of the DER of its certificates. */
  readonly chain: readonly string[]
  readonly crl: CrlState | null
  /** Lower-case hexadecimal, sorted. */
  readonly blocked: readonly string[]
  readonly policy: string
}

export interface WriterState {
  /** By the SHA-256 of the first certificate. */
  readonly records: Readonly<Record<string, RecordState>>
  /** By hostname. `report until T`, or `open`. */
  readonly modes: Readonly<Record<string, string>>
  /** By hostname: the flags that are on. */
  readonly settings: Readonly<Record<string, string>>
}

/** A row of the record of changes. */
export interface ChangeState {
  readonly operation: string
  /** The record, by the SHA-256 of its first certificate. */
  readonly record: string | null
  readonly isRevert: boolean
}

/** What a write may have led to. */
export interface Outcome {
  readonly state: WriterState
  readonly changes: readonly ChangeState[]
}

export const NOTHING: WriterState = { records: {}, modes: {}, settings: {} }
export const NO_POLICY = 'hard, allow'

/** The same state with a record changed, or without it. */
export function withRecord(state: WriterState, key: string, record: RecordState | undefined): WriterState {
  return { ...state, records: withEntry(state.records, key, record) }
}

/** The same object with an entry changed, or without it. */
export function withEntry<T>(
  entries: Readonly<Record<string, T>>,
  key: string,
  value: T | undefined,
): Readonly<Record<string, T>> {
  const { [key]: _, ...others } = entries
  return value === undefined ? others : { ...others, [key]: value }
}

/** JSON with sorted keys, so that equal states are equal texts. Ids that are not known yet are those that are there. */
export function canonical(outcome: Outcome, known: ReadonlyMap<string, string>): string {
  const records = Object.entries(outcome.state.records).map(([key, record]) => [
    key,
    { ...record, id: record.id === '' ? (known.get(key) ?? '') : record.id },
  ])
  const whole = { changes: outcome.changes, state: { ...outcome.state, records: Object.fromEntries(records) } }
  return JSON.stringify(whole, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}
