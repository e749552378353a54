import type { WireMessage } from '../web/envelope.ts'
import type { Fields } from '../web/shapes.ts'

/**
 * Fields of a certificate in answers (contract 2), which clients send back: cloudflare-go v0 sends `expires_on` in every request,
 * and the SDKs send `certificate` with PUT. They are ignored without a message.
 */
const ANSWERED = ['id', 'fingerprint', 'certificate', 'expires_on', 'created_at', 'updated_at']

/** How many unknown fields an answer tells of: a body has room for thousands. */
export const MAX_MESSAGES = 10
/** The names that a message repeats. Any other may hold a secret. */
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,49}$/

/**
 * The messages about unknown fields of a body, or of an object in it. Such fields are ignored (contract 3), which a client that
 * misspelt one must learn. @param pointer where the object is in the body
 */
export function unknownFieldMessages(schema: Fields, object: unknown, pointer = ''): readonly WireMessage[] {
  const known = Object.keys(schema.entries)
  return unknownFields(schema, object).map((name) => ignored(pointer, name, nearestField(name, known), known))
}

/** The message about an unknown field. @param pointer of its object @param nearest the known field it may be meant for */
function ignored(pointer: string, name: string, nearest: string | undefined, known: readonly string[]): WireMessage {
  const advice = nearest === undefined ? '' : ` did you mean ${nearest}?`
  const fields = [known.slice(0, -1).join(', '), known.at(-1)].filter((part) => part).join(' and ')
  return {
    code: 12943,
    message: `${name} is not a field of this request and was ignored;${advice} its fields are ${fields}`,
    source: { pointer: `${pointer}/${name}` },
  }
}

/** The unknown field of a body that is probably a misspelling of a missing one; undefined where there is none. */
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

/** The largest share of a name that may differ from the known one: `title` does not stand for `certificate`. */
const MAX_CHANGED = 0.4

/** The known name at the least distance, if that is small enough. */
function nearestField(name: string, known: readonly string[]): string | undefined {
  const written = name.replace(/[a-z](?=[A-Z])/g, '$&_').toLowerCase()
  const [nearest] = known
    .map((candidate) => ({ candidate, cost: editCost(written, candidate) }))
    .toSorted((a, b) => a.cost - b.cost)
  return nearest !== undefined && nearest.cost < written.length * MAX_CHANGED ? nearest.candidate : undefined
}

/** The cost of a character that was left out. It is low, since most misspelt names are shortened ones. */
const LEFT_OUT = 0.2

/**
 * The cost of turning one name into another (Levenshtein, with Damerau's transposition): 1 for each character that is
 * superfluous, wrong or transposed, LEFT_OUT for each that is missing.
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
