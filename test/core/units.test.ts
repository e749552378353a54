import { expect, it } from 'vitest'
import type {
  AccountId,
  AsciiHostname,
  CertificateId,
  Hex,
  Seconds,
  UnixMilliseconds,
  UnixSeconds,
  ZoneId,
} from '../../src/core/units.ts'

/** tsc decides: each line that it must refuse is marked. */
function mixed(
  account: AccountId,
  zone: ZoneId,
  certificate: CertificateId,
  hostname: AsciiHostname,
  hex: Hex,
  seconds: UnixSeconds,
  milliseconds: UnixMilliseconds,
  duration: Seconds,
) {
  const ids: AccountId[] = [account, '0'.repeat(32)]
  // @ts-expect-error: a zone is not an account
  ids.push(zone)
  // @ts-expect-error: a certificate is not an account
  ids.push(certificate)
  const names: AsciiHostname[] = [hostname, 'a.example']
  // @ts-expect-error: hexadecimal is not a hostname
  names.push(hex)
  const moments: UnixSeconds[] = [seconds, 0]
  // @ts-expect-error: milliseconds are not seconds
  moments.push(milliseconds)
  // @ts-expect-error: a duration is not a moment
  moments.push(duration)
  return [ids, names, moments].map(({ length }) => length)
}

it('units that are plain texts or numbers at runtime are not interchangeable', () => {
  expect(mixed('a', 'z', 'c', 'h', '0f', 1, 2, 3)).toEqual([4, 3, 4])
})
