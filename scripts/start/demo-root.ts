import { testCa } from '../../src/testing/index.ts'

/**
 * Makes a self-signed root for the first run's example, as PEM. It lives ten years: long enough that a demo never
 * surprises anyone. Its private key is thrown away: nobody, not even this machine, can issue client certificates under it.
 */
export async function makeDemoRoot(now: Date): Promise<string> {
  return (await testCa({ subject: 'access-mtls example root', notBefore: now, now })).certificate
}
