/** Methods of D1, its sessions and its prepared statements that call the database; the others only prepare a call. */
const TRIPS = new Set(['batch', 'exec', 'dump', 'run', 'all', 'first', 'raw'])
/** Methods whose result has such methods. */
const LEAD_ON = new Set(['prepare', 'bind', 'withSession'])

export interface CountingDatabase {
  readonly db: D1Database
  /** Names of the calls that reached the database, in their order. */
  readonly calls: readonly string[]
  /** Rows that the statements of its batches wrote, one number for each statement. */
  readonly written: readonly number[]
}

/**
 * The database, with a record of the calls that reach it.
 * @param before awaited before each of them, with the number of earlier calls
 */
export function countingDatabase(real: D1Database, before?: (earlier: number) => Promise<void>): CountingDatabase {
  const calls: string[] = []
  const written: number[] = []
  /** The real statements by their wrappers, since D1's batch needs the real ones. */
  const originals = new WeakMap<object, object>()
  const unwrap = (given: unknown): unknown =>
    Array.isArray(given) ? given.map((one) => originals.get(Object(one)) ?? one) : given

  const wrap = <T extends object>(original: T): T => {
    const stand = new Proxy(original, {
      get: (target, property) => {
        const method: unknown = Reflect.get(target, property)
        if (typeof method !== 'function') return method
        return (...given: unknown[]) => {
          const call = (): unknown => {
            const result = Reflect.apply(method, target, given.map(unwrap))
            return property === 'batch' ? noted(result, written) : result
          }
          if (TRIPS.has(String(property))) {
            calls.push(String(property))
            return before === undefined ? call() : before(calls.length - 1).then(call)
          }
          const result = call()
          return LEAD_ON.has(String(property)) ? wrap(Object(result)) : result
        }
      },
    })
    originals.set(stand, original)
    return stand
  }

  return { db: wrap(real), calls, written }
}

async function noted(batch: Promise<readonly D1Result[]>, written: number[]): Promise<readonly D1Result[]> {
  const results = await batch
  written.push(...results.map(({ meta }) => Math.max(meta.rows_written, meta.changes)))
  return results
}
