import {
  deleteBlockedSerial,
  getBlockedSerials,
  getRevocation,
  putBlockedSerial,
  putRevocation,
} from '../registry/blocked-serials/api.ts'
import { deleteCrls, getCrls, putUploadedCrls } from '../registry/crls/api.ts'
import { CRL_MEDIA_TYPES } from '../registry/crls/body.ts'
import { getHostname, getHostnames, putHostname } from '../registry/modes/api.ts'
import { getAccountQuotas } from '../registry/quotas/api.ts'
import { postVerify } from '../registry/verify/api.ts'
import { PAGES, type Route, SCOPE } from '../web/route.ts'
import { CrlBody, HostnameModeBody, RevocationBody, VerifyBody } from './schemas.ts'

const HOSTNAMES = `${SCOPE}/hostnames`
const HOSTNAME = `${HOSTNAMES}/:hostname`

const CERTIFICATE = `${SCOPE}/certificates/:certificate_id`
const CRL = `${CERTIFICATE}/crl`
const REVOCATION = `${CERTIFICATE}/revocation`
const BLOCKED_SERIALS = `${CERTIFICATE}/blocked_serials`
const BLOCKED_SERIAL = `${BLOCKED_SERIALS}/:serial`

/** What Cloudflare's API does not have, in the order in which paths are matched. */
export const EDGE_ROUTES: readonly Route[] = [
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
  {
    namespace: 'edge',
    method: 'GET',
    path: `${SCOPE}/quotas`,
    permission: 'read',
    handler: getAccountQuotas,
    summary: 'Get the quotas of the account',
    success: { status: 200, result: 'quotas' },
  },
  {
    namespace: 'edge',
    method: 'GET',
    path: HOSTNAMES,
    permission: 'read',
    handler: getHostnames,
    summary: 'List hostnames that only report',
    pages: PAGES,
    success: { status: 200, result: 'modes' },
  },
  {
    namespace: 'edge',
    method: 'GET',
    path: HOSTNAME,
    permission: 'read',
    handler: getHostname,
    summary: 'Get the mode of a hostname',
    success: { status: 200, result: 'mode' },
  },
  {
    namespace: 'edge',
    method: 'PUT',
    path: HOSTNAME,
    permission: 'write',
    handler: putHostname,
    summary: 'Set the mode of a hostname',
    body: HostnameModeBody,
    success: { status: 200, result: 'mode' },
  },
  {
    namespace: 'edge',
    method: 'GET',
    path: CRL,
    permission: 'read',
    handler: getCrls,
    summary: 'List the CRLs of a certificate',
    pages: PAGES,
    success: { status: 200, result: 'crls' },
  },
  {
    namespace: 'edge',
    method: 'PUT',
    path: CRL,
    permission: 'write',
    handler: putUploadedCrls,
    summary: 'Upload CRLs',
    body: CrlBody,
    rawBody: CRL_MEDIA_TYPES,
    success: { status: 200, result: 'crls' },
  },
  {
    namespace: 'edge',
    method: 'DELETE',
    path: CRL,
    permission: 'write',
    handler: deleteCrls,
    summary: 'Delete the CRLs of a certificate',
    success: { status: 200, result: 'deleted' },
  },
  {
    namespace: 'edge',
    method: 'GET',
    path: REVOCATION,
    permission: 'read',
    handler: getRevocation,
    summary: 'Get what becomes of clients when a CRL is stale',
    success: { status: 200, result: 'revocation' },
  },
  {
    namespace: 'edge',
    method: 'PUT',
    path: REVOCATION,
    permission: 'write',
    handler: putRevocation,
    summary: 'Set what becomes of clients when a CRL is stale',
    body: RevocationBody,
    success: { status: 200, result: 'revocation' },
  },
  {
    namespace: 'edge',
    method: 'GET',
    path: BLOCKED_SERIALS,
    permission: 'read',
    handler: getBlockedSerials,
    summary: 'List blocked serial numbers',
    pages: PAGES,
    success: { status: 200, result: 'blockedSerials' },
  },
  {
    namespace: 'edge',
    method: 'PUT',
    path: BLOCKED_SERIAL,
    permission: 'write',
    handler: putBlockedSerial,
    summary: 'Block a serial number',
    success: { status: 200, result: 'blockedSerial' },
  },
  {
    namespace: 'edge',
    method: 'DELETE',
    path: BLOCKED_SERIAL,
    permission: 'write',
    handler: deleteBlockedSerial,
    summary: 'Unblock a serial number',
    success: { status: 200, result: 'serial' },
  },
]
