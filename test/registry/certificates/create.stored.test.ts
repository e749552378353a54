import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '../../../src/core/bytes.ts'
import { type Bytes, bytes, time } from '../../../src/testing/der.ts'
import { name } from '../../../src/testing/extensions.ts'
import { post } from '../../support/api.ts'
import { certificate, NOW, pem, RSA_SHA256, spkiRsa } from '../../support/pki.ts'
import { addedId, freshTenant, soundBody } from '../../support/requests.ts'

async function digest(algorithm: 'MD5' | 'SHA-256', ...parts: readonly Bytes[]): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest(algorithm, bytes(...parts))))
}

const rows = async (sql: string, id: string): Promise<unknown> => (await env.DB.prepare(sql).bind(id).all()).results

describe('POST certificates stores', () => {
  let tenant: Awaited<ReturnType<typeof freshTenant>>
  beforeAll(async () => {
    tenant = await freshTenant()
  })

  it('the record, and no text around its certificates', async () => {
    const der = certificate()
    const sent = `  text before\r\n${pem(der).replaceAll('\n', '\\n')} \t and\u0000 after\n`
    const body = soundBody({ name: 'Näme', certificate: sent })
    const id = addedId(await post(tenant.accountPath, tenant.authorization, body, { now: NOW + 5 }))
    expect(await rows('SELECT * FROM certificates WHERE id = ?1', id)).toEqual([
      {
        id,
        account_id: tenant.accountId,
        zone_id: null,
        name: 'Näme',
        content_sha256: await digest('SHA-256', der),
        created_at: NOW + 5,
        updated_at: NOW + 5,
        sequence: expect.any(Number),
        chain_certificates: 1,
        chain_bytes: der.length,
        revision: '',
        blocked_serials: 0,
        crls: 0,
      },
    ])
  })

  it('the same certificates for every form in which they are sent', async () => {
    const [first, second] = [certificate(), certificate()]
    const sent = btoa(`# a bundle\n${pem(first)}\nsecret: hunter2\n${pem(second).replaceAll('\n', ' ')}`)
    const id = addedId(await post(tenant.accountPath, tenant.authorization, soundBody({ certificate: sent })))
    const ders = 'SELECT lower(hex(der)) AS der FROM certificate_chain WHERE certificate_id = ?1 ORDER BY position'
    expect(await rows(ders, id)).toEqual([first, second].map((der) => ({ der: toHex(der) })))
    expect(
      await rows('SELECT chain_certificates AS n, chain_bytes AS bytes FROM certificates WHERE id = ?1', id),
    ).toEqual([{ n: 2, bytes: first.length + second.length }])
  })

  it('the zone it was added in, and the account of that zone', async () => {
    const id = addedId(await post(tenant.zonePath, tenant.authorization, soundBody()))
    expect(await rows('SELECT account_id, zone_id FROM certificates WHERE id = ?1', id)).toEqual([
      { account_id: tenant.accountId, zone_id: tenant.zoneId },
    ])
  })

  it('every certificate of the chain, in its order, with what was read from it', async () => {
    const issuing = certificate({
      subject: name('Issuing CA'),
      issuer: name('Root CA'),
      serial: Uint8Array.of(2, 1, 0x2a),
      notAfter: time('2030-01-01T00:00:00Z'),
    })
    const anchor = certificate({ subject: name('Root CA'), algorithm: RSA_SHA256, spki: spkiRsa(2048) })
    const sent = pem(issuing) + pem(anchor)
    const answer = await post(tenant.accountPath, tenant.authorization, soundBody({ certificate: sent }))
    const id = addedId(answer)
    const chain = await rows(
      `SELECT position, lower(hex(der)) AS der, fingerprint_md5, fingerprint_sha256, serial_number, subject, issuer,
        not_before, not_after, public_key, signature_algorithm, self_issued
      FROM certificate_chain WHERE certificate_id = ?1 ORDER BY position`,
      id,
    )
    expect(chain).toEqual([
      {
        position: 0,
        der: toHex(issuing),
        fingerprint_md5: await digest('MD5', issuing),
        fingerprint_sha256: await digest('SHA-256', issuing),
        serial_number: '2a',
        subject: 'CN=Issuing CA',
        issuer: 'CN=Root CA',
        not_before: Date.parse('2025-01-01T00:00:00Z') / 1000,
        not_after: Date.parse('2030-01-01T00:00:00Z') / 1000,
        public_key: 'EC P-256',
        signature_algorithm: 'ecdsa-with-SHA256',
        self_issued: 0,
      },
      expect.objectContaining({
        position: 1,
        der: toHex(anchor),
        subject: 'CN=Root CA',
        issuer: 'CN=Root CA',
        public_key: 'RSA 2048',
        signature_algorithm: 'sha256WithRSAEncryption',
        self_issued: 1,
      }),
    ])
    expect(await rows('SELECT content_sha256 FROM certificates WHERE id = ?1', id)).toEqual([
      { content_sha256: await digest('SHA-256', issuing, anchor) },
    ])
    // The answer describes the first.
    expect(answer.body.result).toMatchObject({
      expires_on: '2030-01-01T00:00:00Z',
      fingerprint: `MD5 Fingerprint=${((await digest('MD5', issuing)).toUpperCase().match(/../g) ?? []).join(':')}`,
    })
  })

  it('the hostnames in their order: as sent, and in A-label form and lower case', async () => {
    const sent = [`Zz.${tenant.domain}`, `Bücher.${tenant.domain}`, tenant.domain, `zz.${tenant.domain}`]
    const body = soundBody({ associated_hostnames: sent })
    const id = addedId(await post(tenant.zonePath, tenant.authorization, body))
    const hostnames = await rows(
      'SELECT position, hostname, hostname_ascii FROM certificate_hostnames WHERE certificate_id = ?1 ORDER BY position',
      id,
    )
    expect(hostnames).toEqual([
      { position: 0, hostname: sent[0], hostname_ascii: `zz.${tenant.domain}` },
      { position: 1, hostname: sent[1], hostname_ascii: `xn--bcher-kva.${tenant.domain}` },
      { position: 2, hostname: tenant.domain, hostname_ascii: tenant.domain },
    ])
  })

  it('no hostnames when none were sent', async () => {
    const id = addedId(await post(tenant.zonePath, tenant.authorization, soundBody()))
    expect(await rows('SELECT * FROM certificate_hostnames WHERE certificate_id = ?1', id)).toEqual([])
  })
})
