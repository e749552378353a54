import { defineConfig } from 'vitest/config'

/**
 * The tests that need neither workerd nor D1, in plain Node, for `npm run mutate` (docs/mutation.md). `MUTATE_TESTS` names others,
 * as a glob: fewer tests are faster.
 */
export default defineConfig({
  test: {
    include: [process.env['MUTATE_TESTS'] ?? 'test/x509/**/*.test.ts'],
    exclude: [
      // They are about the keys that workerd's WebCrypto refuses, and Node's takes.
      'test/x509/path/rsa-exponent.test.ts',
      'test/x509/signature/webcrypto-key.reject.test.ts',
      // Seconds each, and what they find is found by tables too.
      'test/x509/path/every-octet.test.ts',
      'test/x509/certificate/certificate.fuzz.test.ts',
    ],
    setupFiles: ['scripts/mutate/node-setup.ts', 'test/support/skip-in-node.ts'],
    isolate: false,
    testTimeout: 60_000,
  },
})
