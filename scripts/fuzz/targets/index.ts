import type { Target } from '../target.ts'
import { certificate } from './certificate.ts'
import { crl } from './crl.ts'
import { hostname } from './hostname.ts'
import { http } from './http.ts'
import { json } from './json.ts'
import { path } from './path.ts'
import { pem } from './pem.ts'
import { rfc9440 } from './rfc9440.ts'
import { tlsClientAuth } from './tls-client-auth.ts'
import { xfcc } from './xfcc.ts'

const ALL = [pem, certificate, crl, hostname, rfc9440, xfcc, tlsClientAuth, path, json, http]

/** All targets. Only they know what their inputs are. */
export const TARGETS = ALL as readonly unknown[] as readonly Target<unknown>[]
