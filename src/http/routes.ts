import type { GenericSchema } from 'valibot'
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
import { CertificateChangeBody, NewCertificateBody, SettingsBody, VerifyBody } from './schemas.ts'
import { getTokenVerification } from './tokens.ts'
import { postVerify } from './verify.ts'

/** One operation of the API. The router serves it, and the OpenAPI document describes it, from this alone. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** In itty-router's notation, which lets regular expressions through; without the prefix. */
  readonly path: string
  /** Cloudflare's own namespace, or the one for what Cloudflare's API does not have. */
  readonly namespace: 'cloudflare' | 'edge'
  /** What the credential must be granted in the path's scope. Token verification asks for nothing. */
  readonly permission: Permission
  readonly handler: Handler
  readonly summary: string
  readonly body?: GenericSchema
  /** Status and kind of `result` of a success. */
  readonly success: { readonly status: 200 | 201 | 202; readonly result: ResultKind }
}

export type ResultKind = 'certificate' | 'certificates' | 'certificateId' | 'settings' | 'token' | 'decision'

/** Both scopes share every path (contract 1). An id may be empty here, so that it is refused as an id. */
const SCOPE = '/(?<scope>accounts|zones)/(?<scope_id>[^/]{0,})'
const CERTIFICATES = `${SCOPE}/access/certificates`
/** Before the next one: `settings` is no id. */
const SETTINGS = `${CERTIFICATES}/settings`
const CERTIFICATE = `${CERTIFICATES}/:certificate_id`

/** The whole API, in the order in which paths are matched. */
export const ROUTES: readonly Route[] = [
  {
    namespace: 'cloudflare',
    method: 'GET',
    path: CERTIFICATES,
    permission: 'read',
    handler: getCertificates,
    summary: 'List mTLS certificates',
    success: { status: 200, result: 'certificates' },
  },
  {
    namespace: 'cloudflare',
    method: 'POST',
    path: CERTIFICATES,
    permission: 'write',
    handler: postCertificate,
    summary: 'Add an mTLS certificate',
    body: NewCertificateBody,
    success: { status: 201, result: 'certificate' },
  },
  {
    namespace: 'cloudflare',
    method: 'GET',
    path: SETTINGS,
    permission: 'read',
    handler: getHostnameSettings,
    summary: 'List all mTLS hostname settings',
    success: { status: 200, result: 'settings' },
  },
  {
    namespace: 'cloudflare',
    method: 'PUT',
    path: SETTINGS,
    permission: 'write',
    handler: putHostnameSettings,
    summary: 'Update mTLS hostname settings',
    body: SettingsBody,
    success: { status: 202, result: 'settings' },
  },
  {
    namespace: 'cloudflare',
    method: 'GET',
    path: CERTIFICATE,
    permission: 'read',
    handler: getOneCertificate,
    summary: 'Get an mTLS certificate',
    success: { status: 200, result: 'certificate' },
  },
  {
    namespace: 'cloudflare',
    method: 'PUT',
    path: CERTIFICATE,
    permission: 'write',
    handler: putCertificate,
    summary: 'Update an mTLS certificate',
    body: CertificateChangeBody,
    success: { status: 200, result: 'certificate' },
  },
  {
    namespace: 'cloudflare',
    method: 'DELETE',
    path: CERTIFICATE,
    permission: 'write',
    handler: deleteOneCertificate,
    summary: 'Delete an mTLS certificate',
    success: { status: 200, result: 'certificateId' },
  },
  {
    namespace: 'cloudflare',
    method: 'GET',
    path: '/user/tokens/verify',
    permission: 'read',
    handler: getTokenVerification,
    summary: 'Verify a token',
    success: { status: 200, result: 'token' },
  },
  {
    namespace: 'cloudflare',
    method: 'GET',
    path: '/(?<scope>accounts)/(?<scope_id>[^/]{0,})/tokens/verify',
    permission: 'read',
    handler: getTokenVerification,
    summary: 'Verify a token of an account',
    success: { status: 200, result: 'token' },
  },
  {
    namespace: 'edge',
    method: 'POST',
    path: `${SCOPE}/verify`,
    permission: 'read',
    handler: postVerify,
    summary: 'Decide on a client certificate',
    body: VerifyBody,
    success: { status: 200, result: 'decision' },
  },
]
