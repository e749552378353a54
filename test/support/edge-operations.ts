import type { Answer, CallOptions } from './api.ts'
import { get, put, remove } from './family.ts'

/** An operation on a record, its CRLs, blocks or policy, as a success. */
export interface RecordOperation {
  readonly what: string
  readonly permission: 'read' | 'write'
  /** `path` is the path of the record in the edge namespace. */
  readonly send: (path: string, authorization: string, options?: CallOptions) => Promise<Answer>
}

/** All operations on a record in the edge namespace that take one batch. */
export const RECORD_OPERATIONS: readonly RecordOperation[] = [
  {
    what: 'GET certificate',
    permission: 'read',
    send: (path, authorization, options) => get(path, authorization, options),
  },
  {
    what: 'GET crl',
    permission: 'read',
    send: (path, authorization, options) => get(`${path}/crl`, authorization, options),
  },
  {
    what: 'DELETE crl',
    permission: 'write',
    send: (path, authorization, options) => remove(`${path}/crl`, authorization, options),
  },
  {
    what: 'GET crl_fetch',
    permission: 'read',
    send: (path, authorization, options) => get(`${path}/crl_fetch`, authorization, options),
  },
  {
    what: 'GET revocation',
    permission: 'read',
    send: (path, authorization, options) => get(`${path}/revocation`, authorization, options),
  },
  {
    what: 'PUT revocation',
    permission: 'write',
    send: (path, authorization, options) => put(`${path}/revocation`, authorization, { stale_policy: 'soft' }, options),
  },
  {
    what: 'GET blocked_serials',
    permission: 'read',
    send: (path, authorization, options) => get(`${path}/blocked_serials`, authorization, options),
  },
  {
    what: 'PUT blocked_serials',
    permission: 'write',
    send: (path, authorization, options) => put(`${path}/blocked_serials/0a`, authorization, '', options),
  },
  {
    what: 'DELETE blocked_serials',
    permission: 'write',
    send: async (path, authorization, options) => remove(`${path}/blocked_serials/0a`, authorization, options),
  },
]
