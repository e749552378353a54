import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { type Bytes, bytes } from '../../../src/testing/der.ts'
import { reasonCode } from '../../../src/testing/extensions.ts'
import { EntryScanner } from '../../../src/x509/crl/entry-scanner.ts'
import { Oddities } from '../../../src/x509/crl/oddities.ts'
import { readEntry } from '../../../src/x509/crl/read-entry.ts'
import { entry, unknownExtension } from '../../support/x509/make-crl.ts'

/** How an entry is read, or why it is not: the quick way and the careful way must have the same result. */
function quickly(octets: Bytes): string {
  try {
    const scanner = new EntryScanner(octets)
    scanner.next()
    const { serialStart, serialLength, revokedAt, reason } = scanner
    return JSON.stringify([serialStart, serialLength, revokedAt, reason, rest(scanner)])
  } catch (error) {
    return String(error).replace(/\[\d+\]/g, '')
  }
}

/** Whether the sound entry after it is read next. */
function rest(scanner: EntryScanner): string {
  try {
    return `${scanner.next()}${scanner.next()}`
  } catch {
    return 'unreadable'
  }
}

function carefully(octets: Bytes): string {
  try {
    const { serialOffset, serialLength, revokedAt, reason, length } = readEntry(
      octets,
      'revokedCertificates',
      new Oddities(),
    )
    return JSON.stringify([
      serialOffset,
      serialLength,
      revokedAt,
      reason,
      rest(new EntryScanner(octets.subarray(length))),
    ])
  } catch (error) {
    return String(error)
  }
}

describe('the quick way reads an entry as the careful way does', () => {
  const behind = entry({ serial: 99 })
  it.each<readonly [rule: string, octets: Bytes]>([
    ['serial and date', entry({ serial: 0x1234 })],
    ['a sign octet', entry({ serial: fromHex('00ff') })],
    ['a reason', entry({ serial: 0x1234, reason: 1 })],
    ['a critical reason', entry({ serial: 1, extensions: [reasonCode(1, true)] })],
    ['an unknown extension', entry({ serial: 1, extensions: [unknownExtension()] })],
    ['a reason and an unknown extension', entry({ serial: 1, reason: 4, extensions: [unknownExtension()] })],
  ])('%s, with every octet changed to every other', (_rule, sound) => {
    const different: string[] = []
    let accepted = 0
    for (let at = 0; at < sound.length; at += 1) {
      for (let octet = 0; octet < 256; octet += 1) {
        const octets = bytes(sound, behind)
        octets[at] = octet
        const [quick, careful] = [quickly(octets), carefully(octets)]
        if (quick.startsWith('[')) accepted += 1
        if (quick !== careful) different.push(`${at}=${octet}: ${quick} but ${careful}`)
      }
    }
    expect(different).toEqual([])
    expect(accepted).toBeGreaterThan(sound.length)
  })
})
