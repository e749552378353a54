import { env } from 'cloudflare:workers'
import { toBase64, toHex } from '../../src/core/bytes.ts'

/** Secrets that go in, and the search for them afterwards. */

/** 12 characters of base64, so three times four: a decoder makes nine octets of them. */
const FORM = /CANARYKY\d{4}/gi
const PREFIX = 'CANARYKY'

/** Text in which a canary is found whatever encoding it is in. */
function decoded(text: string): string {
  const hex = new RegExp(`${hexOf(PREFIX)}(3[0-9]){4}`, 'gi')
  const plain = [...text.matchAll(hex)].map(([found]) => String.fromCharCode(...Uint8Array.fromHex(found)))
  return [text, ...plain, ...inBase64(text), ...octetsInHex(text)].join(' ')
}

/** Canaries in base64 of a text, at each of the three places of a group. */
function inBase64(text: string): readonly string[] {
  return [0, 1, 2].flatMap((shift) => {
    const encoded = toBase64(new TextEncoder().encode('x'.repeat(shift) + PREFIX))
    const middle = encoded.slice(shift === 0 ? 0 : 4, Math.floor((shift + PREFIX.length) / 3) * 4)
    return text.includes(middle) ? [`${PREFIX}0000`] : []
  })
}

/** Canaries that were decoded from base64 and written in hexadecimal. */
function octetsInHex(text: string): readonly string[] {
  const prefix = toHex(Uint8Array.fromBase64(PREFIX))
  return [...text.matchAll(new RegExp(`${prefix}[0-9a-f]{6}`, 'gi'))].map(([hex]) => toBase64(Uint8Array.fromHex(hex)))
}

const hexOf = (text: string) => toHex(new TextEncoder().encode(text))

/** Canaries by the door that each went in by. */
export class Canaries {
  readonly #doors = new Map<string, string>()
  /** Where each was found. */
  readonly #found = new Set<string>()

  get planted(): number {
    return this.#doors.size
  }

  /** A canary that goes in by this door. */
  plant(door: string): string {
    const canary = PREFIX + (this.#doors.size + 1).toString().padStart(4, '0')
    this.#doors.set(canary, door)
    return canary
  }

  /** Searches for all that were planted. @param place what the text is, for a failure to say */
  search(place: string, text: string): void {
    for (const [canary] of decoded(text).matchAll(FORM)) {
      this.#found.add(`${this.#doors.get(canary.toUpperCase()) ?? 'a door'}: ${place}`)
    }
  }

  get found(): readonly string[] {
    return [...this.#found].toSorted()
  }
}

/** A private key in PEM with a canary in it. */
export const keyOf = (canary: string) =>
  `-----BEGIN PRIVATE KEY-----\n${canary}${'A'.repeat(52)}\n-----END PRIVATE KEY-----\n`

/** Each row of each table of the database, with its octets in hexadecimal. */
export async function eachRow(
  visit: (table: string, row: string) => void,
): Promise<{ readonly tables: number; readonly rows: number }> {
  const listed = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{ name: string }>()
  const names = listed.results.map(({ name }) => name).filter((name) => !/^(_cf|sqlite_)/.test(name))
  let rows = 0
  for (const name of names) {
    const { results } = await env.DB.prepare(`SELECT * FROM ${name}`).all()
    for (const row of results)
      visit(
        name,
        JSON.stringify(row, (_, value) => (isOctets(value) ? octetsOf(value) : value)),
      )
    rows += results.length
  }
  return { tables: names.length, rows }
}

/** D1 gives a BLOB as an array of numbers. */
const isOctets = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'number')

/** As they are, and in hexadecimal. */
const octetsOf = (value: readonly number[]) => `${String.fromCharCode(...value)} ${toHex(Uint8Array.from(value))}`
