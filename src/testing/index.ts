/** The face of this folder: what `access-mtls/testing` exports. */

export * from './local-service.ts'
export * from './test-ca.ts'
export * from './tls-client-auth.ts'
