import type { UnixSeconds } from './units.ts'

/** Unix seconds as RFC 3339 in UTC: whole seconds, `Z` (contract 2). */
export function rfc3339(unixSeconds: UnixSeconds): string {
  return new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z')
}
