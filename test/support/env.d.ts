declare namespace Cloudflare {
  interface Env {
    DB: D1Database
    /** A database that tests migrate themselves. */
    DB_EMPTY: D1Database
    TEST_MIGRATIONS: import('@cloudflare/vitest-pool-workers').D1Migration[]
    /** Not empty if the long run was requested. */
    TEST_LONG: string
  }
  interface GlobalProps {
    mainModule: typeof import('../../src/index.ts')
  }
}

/** Modules by pattern, as vite imports them. */
interface ImportMeta {
  glob<T>(patterns: readonly string[], options: { readonly eager: true }): Readonly<Record<string, T>>
}

/** A page of docs/, as text. */
declare module '*.md?raw' {
  const text: string
  export default text
}
