import { expect, it } from 'vitest'
import { fromHex } from '../../../../src/core/bytes.ts'
import { displayIp, displayIpSubtree, ipSubtree } from '../../../../src/x509/path/names/subtree-ip.ts'

it.each([
  ['c0000201', '192.0.2.1'],
  ['00000000', '0.0.0.0'],
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['20010db8000000000000000000000000', '2001:db8::'],
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['00010002000300040005000600070008', '1:2:3:4:5:6:7:8'],
  ['20010000000000010000000000000001', '2001:0:0:1::1'],
  ['20010db8000000010000000000000a0b', '2001:db8:0:1::a0b'],
])('%s reads %s', (hex, text) => {
  expect(displayIp(fromHex(hex))).toBe(text)
})

it.each([
  ['c0000200ffffff00', '192.0.2.0/24'],
  ['0000000000000000', '0.0.0.0/0'],
  [`${'20010db8'.padEnd(32, '0')}${'ffffffff'.padEnd(32, '0')}`, '2001:db8::/32'],
])('%s reads %s', (hex, text) => {
  expect(displayIpSubtree(ipSubtree(fromHex(hex)))).toBe(text)
})
