/** `anchorId` as `anchor_id`. */
type SnakeCase<Key> = Key extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : Key

/** The type of plain data whose keys are in snake_case, to any depth. */
export type SnakeCased<T> = T extends string | number
  ? T
  : T extends readonly (infer I)[]
    ? readonly SnakeCased<I>[]
    : T extends object
      ? { readonly [K in keyof T as SnakeCase<K>]: SnakeCased<T[K]> }
      : T

/** Renames the keys of plain data to those of Cloudflare's API, to any depth: `anchorId` becomes `anchor_id`. */
export function snakeCase<T>(value: T): SnakeCased<T>
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => snakeCase<unknown>(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCase<unknown>(member),
    ]),
  )
}
