export * from '../../src/testing/der.ts'
export { encodePem as pem } from '../../src/x509/index.ts'
