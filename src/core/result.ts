/** What a function returns that can fail because of its input: a value or an error. Bugs throw. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

export function fail<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error }
}

/** The result with `turn` applied to the value of a success. A failure stays as it is. */
export function mapOk<T, U, E>(result: Result<T, E>, turn: (value: T) => U): Result<U, E> {
  return result.ok ? ok(turn(result.value)) : result
}
