import type { Chain } from './pki.ts'
import type { Random } from './random.ts'
import type { Write } from './situation.ts'
import { canonical, NOTHING, type Outcome } from './state.ts'
import type { Author } from './tenants.ts'
import { planWrite } from './writes.ts'

/** What a writer has come to, up to a kill. */
export interface Tally {
  /** Writes that were answered with success, by their kinds. */
  readonly acknowledged: Map<string, number>
  /** Writes that were refused: a change that cannot be taken back any more, or not while others write. */
  refused: number
  /** Writes that were not answered, and how many of them were carried out. */
  unanswered: number
  carriedOut: number
}

/** How long an answer may take, in ms, before it counts as missing. D1 gives up after 30 s. */
const PATIENCE_MS = 60_000

/** How often a client goes away while its write is carried out, and how soon, in ms. */
const GOES_AWAY = 0.02
const AWAY_MS = 40

/**
 * Writes one thing after the other, and knows what must be there: several outcomes only while a write is not answered, or while it
 * is not known how much a revert brought back.
 */
export class Writer {
  readonly author: Author
  readonly #random: Random
  readonly #tally: Tally
  readonly #chains = new Map<string, Chain>()
  #number = 0
  /** What may be there. Its changes are those since the last `settle`. */
  #outcomes: readonly Outcome[] = [{ state: NOTHING, changes: [] }]
  #ids = new Map<string, string>()
  /** What taking the last write back leads to. */
  #undo: readonly Outcome[] | undefined
  /** Set while the outcome of a write is not known. */
  #unanswered: Write | undefined

  constructor(author: Author, random: Random, tally: Tally) {
    this.author = author
    this.#random = random
    this.#tally = tally
  }

  /** Possible outcomes, as they are expected now. */
  get outcomes(): readonly Outcome[] {
    return this.#outcomes
  }

  /** Ids of records that are known, by the SHA-256 of their first certificates. */
  get ids(): ReadonlyMap<string, string> {
    return this.#ids
  }

  /** Writes until it may not, or until an answer is missing. @returns what was wrong with answers */
  async write(origin: string, mayGoOn: () => boolean): Promise<readonly string[]> {
    const findings: string[] = []
    while (mayGoOn() && this.#unanswered === undefined && this.#outcomes.length === 1) {
      const finding = await this.#writeOnce(origin, mayGoOn)
      if (finding !== undefined) findings.push(finding)
    }
    return findings
  }

  /** Takes what was found as what is there. */
  settle(found: Outcome, ids: ReadonlyMap<string, string>, before: Outcome | undefined): void {
    if (this.#unanswered !== undefined) {
      this.#tally.unanswered += 1
      if (before !== undefined && canonical(found, ids) !== canonical(before, ids)) this.#tally.carriedOut += 1
    }
    this.#unanswered = undefined
    this.#ids = new Map(ids)
    this.#outcomes = [{ state: found.state, changes: [] }]
  }

  /** A planted fault: counts a write as answered that was not sent. */
  async claimOne(): Promise<void> {
    const before = this.#outcomes[0]
    const { outcomes } = await this.#plan()
    if (before !== undefined) this.#outcomes = outcomes.map((outcome) => after(before, outcome))
  }

  /** What was there before the write that is not answered; undefined where all are answered. */
  get beforeUnanswered(): Outcome | undefined {
    return this.#unanswered && this.#outcomes[0]
  }

  async #plan(): Promise<Write> {
    const { domain, paths } = this.author
    const [current] = this.#outcomes
    return await planWrite({
      random: this.#random,
      state: current?.state ?? NOTHING,
      paths,
      domain,
      chains: this.#chains,
      next: () => {
        this.#number += 1
        return this.#number
      },
      now: Math.floor(Date.now() / 1_000),
    })
  }

  async #writeOnce(origin: string, mayGoOn: () => boolean): Promise<string | undefined> {
    const [before] = this.#outcomes
    if (before === undefined) return undefined
    const write =
      this.#undo !== undefined && this.#random.chance(0.3) ? await this.#revert(origin, this.#undo) : await this.#plan()
    this.#undo = undefined
    // Its last change could not be asked for.
    if (write === undefined) return undefined
    this.#unanswered = write
    this.#outcomes = [before, ...write.outcomes.map((outcome) => after(before, outcome))]
    const goesAway = this.#random.chance(GOES_AWAY)
    const answer = await this.#send(origin, write, goesAway ? 1 + this.#random.below(AWAY_MS) : PATIENCE_MS)
    if (answer === undefined) {
      return mayGoOn() && !goesAway
        ? `${this.author.name}: ${write.kind} was not answered, although nothing was killed`
        : undefined
    }
    this.#unanswered = undefined
    const { status, text } = answer
    if (status >= 200 && status < 300) {
      this.#outcomes = this.#outcomes.slice(1)
      this.#undo = write.undo
      this.#note(write, text)
      return undefined
    }
    this.#outcomes = [before]
    this.#tally.refused += 1
    const isRefused = write.kind === 'revert' && status === 409
    return isRefused ? undefined : `${this.author.name}: ${write.kind} was answered ${status}: ${text}`
  }

  /** The answer; undefined where there is none. One whose body is cut off has its status: that says that it is done. */
  async #send(origin: string, { method, path, body }: Write, patienceMs: number) {
    try {
      const answer = await fetch(origin + path, {
        method,
        headers: {
          authorization: this.author.authorization,
          'content-type': body instanceof Uint8Array ? 'application/pkix-crl' : 'application/json',
        },
        ...(body !== undefined && { body }),
        signal: AbortSignal.timeout(patienceMs),
      })
      return { status: answer.status, text: await answer.text().catch(() => '') }
    } catch {
      return undefined
    }
  }

  /** A request that takes the newest change of the writer back; undefined where that change cannot be asked for. */
  async #revert(origin: string, undo: readonly Outcome[]): Promise<Write | undefined> {
    const { paths, credentialId, authorization } = this.author
    const path = `${paths.edge}/changes?per_page=1&credential_id=${credentialId}`
    try {
      const answer = await fetch(origin + path, {
        headers: { authorization },
        signal: AbortSignal.timeout(PATIENCE_MS),
      })
      const { result }: { result: readonly { id: number }[] } = JSON.parse(await answer.text())
      return { kind: 'revert', method: 'POST', path: `${paths.edge}/changes/${result[0]?.id}/revert`, outcomes: undo }
    } catch {
      return undefined
    }
  }

  #note({ kind, outcomes }: Write, text: string): void {
    const { acknowledged } = this.#tally
    acknowledged.set(kind, (acknowledged.get(kind) ?? 0) + 1)
    if (kind !== 'add certificate' || text === '') return
    const id: unknown = JSON.parse(text).result.id
    const [key = ''] = Object.entries(outcomes[0]?.state.records ?? {}).find(([, record]) => record.id === '') ?? []
    this.#ids.set(key, String(id))
    this.#outcomes = this.#outcomes.map(({ state, changes }) => {
      const record = state.records[key]
      if (record === undefined) return { state, changes }
      return { state: { ...state, records: { ...state.records, [key]: { ...record, id: String(id) } } }, changes }
    })
  }
}

/** An outcome with the changes before it. */
function after(before: Outcome, { state, changes }: Outcome): Outcome {
  return { state, changes: [...before.changes, ...changes] }
}
