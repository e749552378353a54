/** What storage can do to one call. */
export const STORAGE_FAULTS = [
  /** It fails, and nothing is carried out. */
  'fails before',
  /** It is carried out, and the answer is lost. */
  'fails after',
  /** It is never carried out, and never answered. */
  'hangs before',
  /** It is carried out, and never answered. */
  'hangs after',
  /** It is carried out twice, and the second answer is given: a call that was sent again. */
  'twice',
] as const
export type StorageFault = (typeof STORAGE_FAULTS)[number]

/** What a failed call says. No client may read it. */
export const STORAGE_ERROR = 'D1_ERROR: storage is away, said 10.0.0.1'

export interface FaultyDatabase {
  readonly db: D1Database
  /** How many calls there were. */
  readonly calls: () => number
  /** Resolves when a call hangs. */
  readonly hung: Promise<void>
}

/** The database with a fault at one of its calls, in the first session. @param at number of the call, from 0 */
export function faultyDatabase(real: D1Database, fault?: StorageFault, at = 0): FaultyDatabase {
  let calls = 0
  let noteHung = () => {}
  const hung = new Promise<void>((resolve) => {
    noteHung = resolve
  })
  const never = <T>(): Promise<T> => {
    noteHung()
    return new Promise<T>(() => {})
  }
  async function call<T>(carryOut: () => Promise<T>): Promise<T> {
    const isFaulty = calls === at
    calls += 1
    if (!isFaulty || fault === undefined) return await carryOut()
    if (fault === 'fails before') throw new Error(STORAGE_ERROR)
    if (fault === 'hangs before') return await never()
    await carryOut()
    if (fault === 'fails after') throw new Error(STORAGE_ERROR)
    return fault === 'hangs after' ? await never() : await carryOut()
  }
  const db = {
    withSession(constraint: string) {
      const session = real.withSession(constraint)
      return {
        prepare: (sql: string) => session.prepare(sql),
        getBookmark: () => session.getBookmark(),
        batch: (statements: D1PreparedStatement[]) => call(() => session.batch(statements)),
      }
    },
  }
  return { db: db as unknown as D1Database, calls: () => calls, hung }
}
