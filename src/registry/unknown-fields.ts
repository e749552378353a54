import type { WireMessage } from '../web/envelope.ts'
import type { Fields } from '../web/shapes.ts'

/**
 * The certificate's own shape (contract 2), which clients send back: cloudflare-go v0 has `expires_on` in every request.
 * With PUT, the SDKs send `certificate` as well. They are ignored, and nobody needs to be told.
 */
const ANSWERED = ['id', 'fingerprint', 'certificate', 'expires_on', 'created_at', 'updated_at']

/** Fields that are told of, and looked at, in one answer; a body has room for thousands. */
export const MAX_MESSAGES = 10
/** Names that are repeated to the client; anything else may be what must not be repeated. */
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,49}$/

/**
 * What is said of the fields of a body, or of an object in it, that nobody reads: they are ignored (contract 3), which
 * surprises whoever misspelt one. `pointer` is where the object is.
 */
export function unknownFieldMessages(schema: Fields, object: unknown, pointer = ''): readonly WireMessage[] {
  const known = Object.keys(schema.entries)
  return unknownFields(schema, object).map((name) => ignored(pointer, name, nearestField(name, known), known))
}

/** A field that nobody reads, of the object at a pointer, with the known one that is nearest to it, and all known ones. */
function ignored(pointer: string, name: string, nearest: string | undefined, known: readonly string[]): WireMessage {
  const advice = nearest === undefined ? '' : ` did you mean ${nearest}?`
  const fields = [known.slice(0, -1).join(', '), known.at(-1)].filter((part) => part).join(' and ')
  return {
    code: 12943,
    message: `${name} is not a field of this request and was ignored;${advice} its fields are ${fields}`,
    source: { pointer: `${pointer}/${name}` },
  }
}

/** The unknown field of a body that a missing one was probably meant by; undefined where there is none. */
export function misspelling(schema: Fields, body: object, missing: string): string | undefined {
  const known = Object.keys(schema.entries)
  return unknownFields(schema, body).find((name) => nearestField(name, known) === missing)
}

function unknownFields({ entries }: Fields, object: unknown): readonly string[] {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return []
  return Object.keys(object)
    .filter((name) => !Object.hasOwn(entries, name) && !ANSWERED.includes(name) && PLAIN_NAME.test(name))
    .slice(0, MAX_MESSAGES)
}

/** Of what was written, the share that may have to be changed for a name to be meant: `title` is no `certificate`. */
const MAX_CHANGED = 0.4

/** The known name with the least to change. */
function nearestField(name: string, known: readonly string[]): string | undefined {
  const written = name.replace(/[a-z](?=[A-Z])/g, '$&_').toLowerCase()
  const [nearest] = known
    .map((candidate) => ({ candidate, cost: editCost(written, candidate) }))
    .toSorted((a, b) => a.cost - b.cost)
  return nearest !== undefined && nearest.cost < written.length * MAX_CHANGED ? nearest.candidate : undefined
}

/** What it costs to write a character that was left out: names are shortened more often than anything else. */
const LEFT_OUT = 0.2

/**
 * The cost of turning one name into another (Levenshtein; Damerau's for two that changed places): 1 for each character that
 * is too many, another or in the wrong place, LEFT_OUT for each that is missing.
 */
function editCost(from: string, to: string): number {
  const costs: number[][] = []
  const costOf = (i: number, j: number): number => costs[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 0; i <= from.length; i += 1) {
    costs.push([])
    for (let j = 0; j <= to.length; j += 1) {
      const isSame = from[i - 1] === to[j - 1]
      const isSwapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      const cost = Math.min(
        costOf(i - 1, j) + 1,
        costOf(i, j - 1) + LEFT_OUT,
        costOf(i - 1, j - 1) + (isSame ? 0 : 1),
        costOf(i - 2, j - 2) + (isSwapped ? 1 : Number.POSITIVE_INFINITY),
      )
      costs[i]?.push(i === 0 && j === 0 ? 0 : cost)
    }
  }
  return costOf(from.length, to.length)
}
