/** A database whose round trips fail while `away.now` is true. */
export function awayDatabase(real: D1Database): { readonly db: D1Database; readonly away: { now: boolean } } {
  const away = { now: true }
  const db = new Proxy(real, {
    get: (target, property) => {
      if (away.now && property === 'batch') return () => Promise.reject(new Error('D1_ERROR: network'))
      const value: unknown = Reflect.get(target, property)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { db, away }
}
