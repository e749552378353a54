import {
  deleteOneCertificate,
  getCertificates,
  getOneCertificate,
  postCertificate,
  putCertificate,
} from '../registry/certificates/api.ts'
import { getHostnameSettings, putHostnameSettings } from '../registry/settings/api.ts'
import { getTokenVerification } from '../registry/tokens/api.ts'
import { MAX_PER_PAGE, PAGES, type Route, SCOPE, SCOPE_ID } from '../web/route.ts'
import { EDGE_ROUTES } from './edge-routes.ts'
import { CertificateChangeBody, NewCertificateBody, SettingsBody } from './schemas.ts'

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
    pages: PAGES,
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
    pages: { perPage: MAX_PER_PAGE, alwaysInfo: false },
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
    path: `/(?<scope>accounts)${SCOPE_ID}/tokens/verify`,
    permission: 'read',
    handler: getTokenVerification,
    summary: 'Verify a token of an account',
    success: { status: 200, result: 'token' },
  },
  ...EDGE_ROUTES,
]
