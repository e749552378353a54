/** `access-mtls/testing` for Node. It uses Node's own modules, and nothing else. */
export * from '../../src/testing/test-ca.ts'
export * from '../../src/testing/tls-client-auth.ts'
export { startAccessMtls } from './start-access-mtls.ts'
