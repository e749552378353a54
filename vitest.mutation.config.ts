import { defineConfig, type UserWorkspaceConfig } from 'vitest/config'
import { sqlMutants, withMutant } from './scripts/mutate/sql-mutants.ts'
import projects from './vitest.config.ts'

/*
 * For `npm run mutate` and `npm run mutate:sql` (docs/mutation.md).
 * MUTATE_TESTS: the tests, as a glob. Fewer are faster.
 * MUTATE_IN=workerd: inside workerd, with D1. A mutant takes several times longer there.
 * MUTATE_SQL: the number of one of the SQL mutants, which is put into the source on its way to workerd. It may change between runs.
 */
const { MUTATE_TESTS, MUTATE_IN } = process.env

/** The tests that need neither workerd nor D1, in plain Node. */
const inNode = defineConfig({
  test: {
    include: [MUTATE_TESTS ?? 'test/x509/**/*.test.ts'],
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

/** The project `workerd` of vitest.config.ts, without projects: Stryker knows none. */
const [workerd] = (projects.test?.projects ?? []) as readonly UserWorkspaceConfig[]
const inWorkerd = defineConfig({
  plugins: [workerd?.plugins, { name: 'sql-mutant', enforce: 'pre', transform: withSqlMutant }],
  test: { ...workerd?.test, include: [MUTATE_TESTS ?? 'test/{edge,registry}/**/*.test.ts'] },
})

function withSqlMutant(code: string, id: string): string | undefined {
  const mutant = sqlMutants[Number(process.env['MUTATE_SQL'] ?? -1)]
  return mutant && id.endsWith(`/${mutant.file}`) ? withMutant(code, mutant) : undefined
}

export default MUTATE_IN === 'workerd' ? inWorkerd : inNode
