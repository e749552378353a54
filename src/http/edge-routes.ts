import { getHostname, getHostnames, putHostname } from './hostname-modes.ts'
import { type Route, SCOPE } from './route.ts'
import { HostnameModeBody, VerifyBody } from './schemas.ts'
import { postVerify } from './verify.ts'

const HOSTNAMES = `${SCOPE}/hostnames`
const HOSTNAME = `${HOSTNAMES}/:hostname`

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
    path: HOSTNAMES,
    permission: 'read',
    handler: getHostnames,
    summary: 'List hostnames that only report',
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
]
