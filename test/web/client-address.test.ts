import { expect, it } from 'vitest'
import { addressKey } from '../../src/web/client-address.ts'

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:DB8:0:0:FFFF:ffff:ffff:ffff', '2001:db8:0:0::/64'],
  ['2001:db8:0000:0000::', '2001:db8:0:0::/64'],
  ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:3:4:192.0.2.1', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
  ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:0201', '192.0.2.1'],
  ['::ffff:0:0', '0.0.0.0'],
])('%s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key)
})

/** A client must not get many counts by sending texts that are not addresses. */
it.each([
  [undefined],
  [''],
  ['localhost'],
  ['192.0.2'],
  ['192.0.2.1, 192.0.2.2'],
  ['[2001:db8::1]'],
  ['2001:db8::1%eth0'],
  ['2001:db8::1::2'],
  ['2001:db8::g'],
  ['1:2:3:4:5:6:7:8:9'],
  [':'],
  [`${'0'.repeat(60)}:`],
])('%s is not an address, and counts together with all such texts', (address) => {
  expect(addressKey(address)).toBe('unknown')
})
