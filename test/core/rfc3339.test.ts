import { expect, it } from 'vitest'
import { rfc3339 } from '../../src/core/rfc3339.ts'

it.each([
  [0, '1970-01-01T00:00:00Z'],
  [-1, '1969-12-31T23:59:59Z'],
  [951_827_696, '2000-02-29T12:34:56Z'],
  [4_102_444_800, '2100-01-01T00:00:00Z'],
  // The last second that RFC 5280 4.1.2.5 can write.
  [253_402_300_799, '9999-12-31T23:59:59Z'],
])('%d is %s', (unixSeconds, text) => expect(rfc3339(unixSeconds)).toBe(text))
