/** The order of round trips: a test chooses whose batch comes next, and can try every order. */

/** Sends one request that uses this database. */
export type Sender<T> = (db: D1Database) => Promise<T>

/** Chooses one of the requests that are not done yet. */
export type Choose = (open: readonly number[]) => number

/**
 * Runs requests whose batches are carried out one at a time, in the order that `choose` gives. A request begins when it is first
 * chosen, since nothing that it does before its first batch reaches the database. So an order that never comes back to a request is
 * that of requests one after the other.
 * @returns what the requests return, and the request of each batch
 */
export async function runScheduled<T>(
  real: D1Database,
  requests: readonly Sender<T>[],
  choose: Choose,
): Promise<{ readonly results: readonly T[]; readonly order: readonly number[] }> {
  const lanes = requests.map((send) => new Lane(real, send))
  const order: number[] = []
  for (;;) {
    const open = lanes.flatMap((lane, index) => (lane.done ? [] : [index]))
    if (open.length === 0) break
    const chosen = choose(open)
    await lanes[chosen]?.step()
    order.push(chosen)
  }
  return { results: await Promise.all(lanes.flatMap(({ result }) => result ?? [])), order }
}

/** One request, which stops before each batch. */
class Lane<T> {
  done = false
  result: Promise<T> | undefined = undefined
  readonly #real: D1Database
  readonly #send: Sender<T>
  /** Lets the batch go that waits. */
  #release: (() => void) | undefined
  /** Called when the request waits, or is done. */
  #arrived: () => void = () => undefined

  constructor(real: D1Database, send: Sender<T>) {
    this.#real = real
    this.#send = send
  }

  /** Carries out one batch, and goes on to the next, or to the end. */
  async step(): Promise<void> {
    if (this.result === undefined) {
      await this.#until(() => {
        this.result = this.#send(this.#stopping(this.#real)).finally(() => {
          this.done = true
          this.#arrived()
        })
      })
    }
    const release = this.#release
    this.#release = undefined
    if (release !== undefined) await this.#until(release)
  }

  #until(begin: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived = resolve
      begin()
    })
  }

  /** The database or a session of it. A request of the API reaches it by `batch` alone: test/registry/no-writes.reject.test.ts. */
  #stopping<D extends object>(original: D): D {
    return new Proxy(original, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property)
        if (typeof value !== 'function') return value
        if (property === 'withSession')
          return (...given: unknown[]) => this.#stopping(Object(Reflect.apply(value, target, given)))
        if (property === 'batch')
          return (...given: unknown[]) => this.#wait().then(() => Reflect.apply(value, target, given))
        return value.bind(target)
      },
    })
  }

  #wait(): Promise<void> {
    if (this.#release !== undefined) throw new Error('a request makes one batch at a time')
    return new Promise((resolve) => {
      this.#release = resolve
      this.#arrived()
    })
  }
}

/** Calls `run` once for each way to choose. @returns how many there are */
export async function everyOrder(run: (choose: Choose) => Promise<void>): Promise<number> {
  let prefix: readonly number[] = []
  for (let orders = 1; ; orders += 1) {
    const trail: { readonly taken: number; readonly options: number }[] = []
    await run((open) => {
      const taken = prefix[trail.length] ?? 0
      trail.push({ taken, options: open.length })
      return open[taken] ?? 0
    })
    const next = trail.findLastIndex(({ taken, options }) => taken + 1 < options)
    if (next < 0) return orders
    prefix = trail.slice(0, next + 1).map(({ taken }, depth) => (depth === next ? taken + 1 : taken))
  }
}

/** Whether no request came between the batches of another. */
export function isSequential(order: readonly number[]): boolean {
  const blocks = order.filter((request, index) => request !== order[index - 1])
  return new Set(blocks).size === blocks.length
}
