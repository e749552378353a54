/** A database whose round trips fail while `away.now` is true. */
export function awayDatabase(real: D1Database): { readonly db: D1Database; readonly away: { now: boolean } } {
  const away = { now: true }
  const wrap = <D extends object>(database: D): D =>
    new Proxy(database, {
      get: (target, property) => {
        if (away.now && property === 'batch') return () => Promise.reject(new Error('D1_ERROR: network'))
        const value: unknown = Reflect.get(target, property)
        if (typeof value !== 'function') return value
        if (property === 'withSession')
          return (...given: unknown[]) => wrap(Object(Reflect.apply(value, target, given)))
        return value.bind(target)
      },
    })
  return { db: wrap(real), away }
}
