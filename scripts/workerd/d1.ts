import type { ConfigValue } from './config.ts'

/** The Workers that miniflare's D1 is made of, each as one module. */
export interface D1Scripts {
  /** Has the database object by the name that a binding gives. */
  readonly entry: string
  /** The database object itself: SQLite, with D1's protocol. */
  readonly database: string
}

/** A binding to the database with this id. */
export function d1Binding(name: string, id: string): ConfigValue {
  const service = { name: 'd1:entry', props: { json: JSON.stringify({ MINIFLARE_NAMESPACE: id }) } }
  return {
    name,
    wrapped: { moduleName: 'cloudflare-internal:d1-api', innerBindings: [{ name: 'fetcher', service }] },
  }
}

/**
 * What workerd runs for D1, all databases in one folder: as miniflare configures it, so that the files are those of
 * `wrangler dev` and `wrangler d1 … --local`.
 * @param module makes the one module of a Worker
 */
export function d1Services(folder: string, scripts: D1Scripts, module: (script: string) => ConfigValue): ConfigValue[] {
  const className = 'D1DatabaseObject'
  return [
    { name: 'd1:storage', disk: { path: folder, writable: true } },
    {
      name: 'd1:entry',
      worker: {
        compatibilityDate: '2023-07-24',
        modules: [module(scripts.entry)],
        bindings: [{ name: 'MINIFLARE_OBJECT', durableObjectNamespace: { serviceName: 'd1:database', className } }],
      },
    },
    {
      name: 'd1:database',
      worker: {
        compatibilityDate: '2023-07-24',
        compatibilityFlags: ['nodejs_compat', 'experimental'],
        modules: [module(scripts.database)],
        durableObjectNamespaces: [{ className, uniqueKey: `miniflare-${className}` }],
        durableObjectStorage: { localDisk: 'd1:storage' },
        bindings: [
          { name: 'MINIFLARE_BLOBS', service: { name: 'd1:storage' } },
          { name: 'MINIFLARE_LOOPBACK', service: { name: 'd1:nowhere' } },
        ],
      },
    },
    // miniflare has a server there; nothing of ours needs it, and nobody can listen on port 0.
    { name: 'd1:nowhere', external: { address: '127.0.0.1:0', http: {} } },
  ]
}
