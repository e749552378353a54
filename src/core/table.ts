/** For each value of the discriminant `K` of a union: a `T`, or a function that makes one from the facts of that member. */
export type Table<U, K extends keyof U, T> = {
  readonly [V in U[K] & string]: T | ((member: Extract<U, Readonly<Record<K, V>>>) => T)
}

/** What a table has for a member of its union. */
export function entryOf<U extends object, K extends keyof U, T extends string | object>(
  table: Table<U, K, T>,
  discriminant: K,
  member: U,
): T {
  // The entry under a value takes the members with that value. TypeScript cannot follow that through an index.
  const entry = table[member[discriminant] as U[K] & string] as T | ((member: U) => T)
  return typeof entry === 'function' ? entry(member) : entry
}
