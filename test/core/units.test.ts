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

/** tsc is the judge: each line that it should refuse says so. */
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
  // @ts-expect-error: a zone is no account
  ids.push(zone)
  // @ts-expect-error: a certificate is no account
  ids.push(certificate)
  const names: AsciiHostname[] = [hostname, 'a.example']
  // @ts-expect-error: hexadecimal is no hostname
  names.push(hex)
  const moments: UnixSeconds[] = [seconds, 0]
  // @ts-expect-error: a thousand times as much
  moments.push(milliseconds)
  // @ts-expect-error: a duration is no moment
  moments.push(duration)
  return [ids, names, moments].map(({ length }) => length)
}

it('what is a plain text or number at runtime is not interchangeable', () => {
  expect(mixed('a', 'z', 'c', 'h', '0f', 1, 2, 3)).toEqual([4, 3, 4])
})
