import type { Permission } from '../model.ts'
import {
  deleteOneCertificate,
  getCertificates,
  getOneCertificate,
  postCertificate,
  putCertificate,
} from './certificates.ts'
import type { Handler } from './context.ts'
import { getHostnameSettings, putHostnameSettings } from './hostname-settings.ts'
import { getTokenVerification } from './tokens.ts'

/** One operation of the API. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** In itty-router's notation, which lets regular expressions through; without the optional prefix. */
  readonly path: string
  /** What the credential must be granted in the path's scope. Token verification asks for nothing. */
  readonly permission: Permission
  readonly handler: Handler
}

/** Both scopes share every path (contract 1). */
const CERTIFICATES = '/(?<scope>accounts|zones)/:scope_id/access/certificates'
/** Before the next one: `settings` is no id. */
const SETTINGS = `${CERTIFICATES}/settings`
const CERTIFICATE = `${CERTIFICATES}/:certificate_id`

/** The whole API, in the order in which paths are matched. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: CERTIFICATES, permission: 'read', handler: getCertificates },
  { method: 'POST', path: CERTIFICATES, permission: 'write', handler: postCertificate },
  { method: 'GET', path: SETTINGS, permission: 'read', handler: getHostnameSettings },
  { method: 'PUT', path: SETTINGS, permission: 'write', handler: putHostnameSettings },
  { method: 'GET', path: CERTIFICATE, permission: 'read', handler: getOneCertificate },
  { method: 'PUT', path: CERTIFICATE, permission: 'write', handler: putCertificate },
  { method: 'DELETE', path: CERTIFICATE, permission: 'write', handler: deleteOneCertificate },
  { method: 'GET', path: '/user/tokens/verify', permission: 'read', handler: getTokenVerification },
  {
    method: 'GET',
    path: '/(?<scope>accounts)/:scope_id/tokens/verify',
    permission: 'read',
    handler: getTokenVerification,
  },
]
