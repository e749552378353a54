import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import type { Crl } from '../../../src/x509/crl/crl.ts'
import { crlEntries } from '../../../src/x509/crl/entries.ts'
import { crlEntriesBySerial } from '../../../src/x509/crl/entries-by-serial.ts'
import { readCrl } from '../../../src/x509/crl/read-crl.ts'
import { issue } from '../../support/x509/chain.ts'
import { type CrlParts, issueCrl, manyEntries, unknownExtension } from '../../support/x509/make-crl.ts'

const root = await issue()

async function made(revoked: NonNullable<CrlParts['revoked']>): Promise<Crl> {
  const read = readCrl(await issueCrl(root, { revoked }))
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return read.value
}

const byText = (a: { readonly serial: string }, b: { readonly serial: string }) => (a.serial < b.serial ? -1 : 1)

describe('the entries by serial number', () => {
  it('are the entries of the CRL, in the order of their texts', async () => {
    const serials = ['7fff', '00ff', '01', '00', '0080', '7f', '0102030405', '0102030304', '01020305', '7fffffff']
    const revoked = serials.map((serial, i) => ({
      serial: fromHex(serial),
      ...(i % 2 === 0 && { reason: i % 6 }),
      ...(i % 3 === 0 && { extensions: [unknownExtension()] }),
    }))
    const crl = await made(revoked)
    const sorted = [...crlEntriesBySerial(crl)]
    expect(sorted).toEqual([...crlEntries(crl)].sort(byText))
    expect(sorted.map(({ serial }) => serial)).toEqual(serials.sort())
  })

  it('are empty for no entries, and one for one entry', async () => {
    expect([...crlEntriesBySerial(await made([]))]).toEqual([])
    expect([...crlEntriesBySerial(await made([{ serial: 7, reason: 1 }]))]).toMatchObject([{ serial: '07', reason: 1 }])
  })

  it('are complete, also for 100,000', async () => {
    const crl = await made(manyEntries(100_000))
    const sorted = [...crlEntriesBySerial(crl)].map(({ serial }) => serial)
    expect(new Set(sorted).size).toBe(100_000)
    for (let i = 1; i < sorted.length; i += 1) {
      if ((sorted[i - 1] ?? '').slice(0, 8) > (sorted[i] ?? '').slice(0, 8)) throw new Error(`${i} is out of order`)
    }
  })
})
