import { expect } from 'vitest'
import { NOW } from '../support/pki.ts'
import { type Json, Reference, type WireAnswer, type WireRequest, type World } from './model.ts'
import { send } from './real.ts'
import type { Place } from './world.ts'

/** What the commands of a sequence need. */
export interface Talk {
  /** Unix seconds, UTC. */
  now: number
  /** One of the places that the sequence is about. */
  readonly place: (number: number) => Place
  /** The certificate that was made so long ago, 0 being the last one; or the one before it, as far as there are any. */
  readonly made: (ago: number) => { readonly id: string; readonly place: Place } | undefined
  /** Notes where the certificate of the last exchange was made. */
  readonly remember: (place: Place) => void
  readonly exchange: (asked: Omit<WireRequest, 'now' | 'newId'>) => Promise<{ readonly status: number }>
}

/** One sequence of requests, each put to the model and to the real thing. */
export class Conversation implements Talk {
  /** Unix seconds, UTC. */
  now = NOW
  readonly #model: Reference
  readonly #places: readonly Place[]
  readonly #outcomes: Map<string, number>
  readonly #made: { readonly id: string; readonly place: Place }[] = []
  #exchanges = 0

  /** `outcomes` counts the answers. */
  constructor(world: World, places: readonly Place[], outcomes: Map<string, number>) {
    this.#places = places
    this.#model = new Reference(world)
    this.#outcomes = outcomes
  }

  place(number: number): Place {
    const place = this.#places[number % this.#places.length]
    if (place === undefined) throw new Error('a sequence is about at least one place')
    return place
  }

  made(ago: number): { readonly id: string; readonly place: Place } | undefined {
    return this.#made.at(-1 - ago) ?? this.#made[0]
  }

  remember(place: Place): void {
    this.#made.push({ id: nthId(this.#exchanges), place })
  }

  /** Sends a request to both, and returns the answer on which they agree. */
  async exchange(asked: Omit<WireRequest, 'now' | 'newId'>): Promise<WireAnswer> {
    this.#exchanges += 1
    const request = { ...asked, now: this.now, newId: nthId(this.#exchanges) }
    const expected = this.#model.answer(request)
    const real = await send(request)
    expect(normal(withoutPages(real)), `${asked.method} ${asked.target} ${asked.body ?? ''}`).toEqual(normal(expected))
    this.#count(asked.method, expected)
    return expected
  }

  #count(method: string, { status, body }: WireAnswer): void {
    const [first] = errorsOf(body)
    const overQuota = String(first?.['message']).endsWith('maximum number of certificates has been reached')
    const code = first === undefined ? [] : [overQuota ? 'quota' : first['code']]
    const outcome = [method, status, ...code].join(' ')
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1)
  }
}

/** Different for each n, and in no order: ids must sort otherwise than they were given. */
export function nthId(n: number): string {
  const digits = ((BigInt(n) * 0x9e37_79b9_7f4a_7c15n) % 2n ** 64n).toString(16).padStart(16, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4000-8000-${digits.slice(12).padStart(12, '0')}`
}

type WireError = { readonly [key: string]: Json }

const errorsOf = (body: WireAnswer['body']) => entriesOf(body, 'errors')

function entriesOf(body: WireAnswer['body'], key: 'errors' | 'messages'): readonly WireError[] {
  const entries = body[key]
  if (!Array.isArray(entries)) throw new Error(`an envelope has ${key}`)
  return entries
}

/** Errors, and messages of our own, point at their sections of the error page; the model leaves that out. */
export function withoutPages({ body, ...answer }: WireAnswer): WireAnswer {
  const strip = ({ documentation_url, ...entry }: WireError) => {
    const isOurs = !String(entry['message']).includes('API Token is valid')
    expect(documentation_url).toBe(isOurs ? `https://api.example/docs/errors#${String(entry['code'])}` : undefined)
    return entry
  }
  return {
    ...answer,
    body: { ...body, errors: errorsOf(body).map(strip), messages: entriesOf(body, 'messages').map(strip) },
  }
}

/** In which order the faults of a body, and the methods allowed, are told is nobody's business. */
export function normal({ status, headers, body }: WireAnswer): WireAnswer {
  const errors = errorsOf(body).toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
  const { allow } = headers
  const sorted = allow === undefined ? {} : { allow: allow.split(', ').toSorted().join(', ') }
  return { status, headers: { ...headers, ...sorted }, body: { ...body, errors } }
}

const orderOf = ({ source, message }: WireError): string =>
  source === undefined ? '' : `${JSON.stringify(source)} ${String(message)}`
