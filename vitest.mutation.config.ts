import { defineConfig } from 'vitest/config'

/** The tests that need neither workerd nor D1, in plain Node, for `npm run mutate` (docs/mutation.md). */
export default defineConfig({
  test: {
    include: ['test/x509/**/*.test.ts'],
    exclude: [
      // Node's WebCrypto has no MD5, and its Uint8Array no fromBase64.
      'test/x509/certificate/fingerprint.accept.test.ts',
      'test/x509/text/decode.*.test.ts',
      'test/x509/upload/upload.*.test.ts',
      // They are about the keys that workerd's WebCrypto refuses, and Node's takes.
      'test/x509/path/rsa-exponent.test.ts',
      'test/x509/signature/webcrypto-key.reject.test.ts',
      // Seconds each, and what they find is found by tables too.
      'test/x509/path/every-octet.test.ts',
      'test/x509/certificate/certificate.fuzz.test.ts',
    ],
    setupFiles: ['test/support/skip-in-node.ts'],
    isolate: false,
    testTimeout: 60_000,
  },
})
