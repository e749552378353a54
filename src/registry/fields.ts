import * as v from 'valibot'
import { mapOk, type Result } from '../core/result.ts'
import { readBody } from '../web/body.ts'
import type { WireMessage } from '../web/envelope.ts'
import type { HttpRefusal } from '../web/http-refusal.ts'
import { type Fields, jsonType } from '../web/shapes.ts'
import { type FoundPrivateKey, findPrivateKeys } from './private-key.ts'
import { misspelling, unknownFieldMessages } from './unknown-fields.ts'

/** A value of another type or size than the body's schema asks for. `detail` is the schema's message. */
export interface SchemaFault {
  readonly pointer: string
  readonly reason: 'schema'
  readonly detail: string
}

/** A shape without the faulty parts of a body, to any depth. A faulty item of a list is undefined. */
export type Sound<T> = T extends readonly (infer I)[]
  ? readonly (Sound<I> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Sound<T[K]> | undefined }
    : T

/** A body that was read by its schema. */
export interface Draft<S extends v.GenericSchema> {
  readonly fields: Sound<v.InferOutput<S>>
  readonly faults: readonly (SchemaFault | FoundPrivateKey)[]
  /** The body as it came. */
  readonly body: unknown
}

/** The schema of a body: that of an object, with or without further checks. */
export type BodySchema = v.GenericSchema<unknown, object> & Fields

/** Reads the body of a request. A field of the wrong type becomes a fault; all faults are found. */
export async function readDraft<S extends BodySchema>(
  request: Request,
  schema: S,
): Promise<Result<Draft<S>, HttpRefusal>> {
  return mapOk(await readBody(request, schema), (body) => draftOf(schema, body))
}

/** Reads a parsed body. Unknown fields are ignored (contract 3), unless they hold a private key. */
export function draftOf<S extends BodySchema>(schema: S, body: unknown): Draft<S> {
  const faults: Draft<S>['faults'][number][] = [...findPrivateKeys(body)]
  if (!isObject(body)) {
    faults.push({ pointer: '', reason: 'schema', detail: `must be a JSON object, not ${jsonType(body)}` })
  } else {
    for (const issue of v.safeParse(schema, body).issues ?? []) {
      const pointer = (issue.path ?? []).map(({ key }) => `/${String(key)}`).join('')
      faults.push({ pointer, reason: 'schema', detail: issue.message + meantBy(schema, body, pointer) })
    }
  }
  const sound = soundOf(body, '', new Set(faults.map(({ pointer }) => pointer)))
  // The schemas check and change nothing, so a part that no fault points at has its type.
  return { fields: (isObject(body) ? sound : {}) as Draft<S>['fields'], faults, body }
}

/** valibot accepts an array as an object. */
function isObject(body: unknown): body is object {
  return typeof body === 'object' && body !== null && !Array.isArray(body)
}

/** Names the unknown field that is probably a misspelling of a missing one. */
function meantBy(schema: Fields, body: object, pointer: string): string {
  const field = pointer.slice(1)
  if (Object.hasOwn(body, field)) return ''
  const meant = misspelling(schema, body, field)
  return meant === undefined ? '' : `; ${meant} is not a field of this request`
}

/** Leaves out what a fault points at, down to the members of a field's items: no shape is deeper. */
function soundOf(value: unknown, pointer: string, faulty: ReadonlySet<string>, depth = 0): unknown {
  if (pointer !== '' && faulty.has(pointer)) return undefined
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value
  if (Array.isArray(value)) return value.map((item, index) => soundOf(item, `${pointer}/${index}`, faulty, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, soundOf(member, `${pointer}/${key}`, faulty, depth + 1)]),
  )
}

/** The levels of a body: the body, a list in it, an entry of the list, its members. */
const MAX_DEPTH = 3

/** The messages about unknown fields of a body. */
export function ignoredFields(schema: Fields, draft: Result<Draft<v.GenericSchema>, unknown>): readonly WireMessage[] {
  return draft.ok ? unknownFieldMessages(schema, draft.value.body) : []
}
