import type { JobAmbient } from '../../src/jobs/index.ts'
import type { Fetcher } from '../../src/registry/crl-fetches/download.ts'

/** A server that cannot be reached. */
const nowhere: Fetcher = () => Promise.reject(new Error('nothing is fetched in this test'))

/** What jobs need from outside, at a time that stands still. @param now Unix seconds, UTC */
export function jobAmbient(now: number, more: Partial<JobAmbient> = {}): JobAmbient {
  return {
    now,
    clock: () => now,
    clockMs: () => now * 1_000,
    newId: () => crypto.randomUUID(),
    log: () => undefined,
    fetcher: nowhere,
    ...more,
  }
}
