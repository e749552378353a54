import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { type CrlTenant, crlTenantInUse, putCrl } from '../../support/crl.ts'
import { edgeOf } from '../../support/edge-routes.ts'
import { get } from '../../support/family.ts'
import { fill } from '../../support/fill.ts'
import { meteredD1 } from '../../support/metered-db.ts'
import { limit } from '../../support/tenants.ts'
import { issueCrl } from '../../support/x509/make-crl.ts'

/** The rows that the state of a hostname reads, with as many certificates as a hostname may have, and CRLs as an account may have. */

const MANY = 999

/** Associates certificates with the tenant's hostname, each of another CA with the name of the tenant's. */
async function associate({ accountId, domain, id }: CrlTenant): Promise<void> {
  await fill(accountId, null, MANY)
  const others = '(SELECT o.id FROM certificates o WHERE o.account_id = ?1 AND o.id <> ?2)'
  await env.DB.batch([
    env.DB.prepare(`INSERT INTO certificate_hostnames (certificate_id, position, hostname, hostname_ascii)
      SELECT o.id, 9, ?3, ?3 FROM ${others} o`).bind(accountId, id, domain),
    env.DB.prepare(`UPDATE certificate_chain SET is_anchor = 1, ca_key = fingerprint_sha256, key_sha256 = fingerprint_sha256,
        name_key = (SELECT name_key FROM certificate_chain WHERE certificate_id = ?2)
      WHERE certificate_id IN ${others}`).bind(accountId, id),
  ])
}

/** Copies the CRL of the tenant, each copy as another part. */
async function copyCrl({ accountId, id }: CrlTenant): Promise<void> {
  await limit(accountId, { crls: MANY + 1 })
  const same = 'account_id, certificate_id, issuer_key, ca_key, issuer, ca_path, ca_fingerprint_sha256, content_sha256'
  const rest = 'crl_number, this_update, next_update, covers, entries, uploaded_at, state'
  await env.DB.batch([
    env.DB.prepare(`WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?2)
      INSERT INTO crls (upload_id, part, ${same}, ${rest})
      SELECT printf('%036x', i), json_array(printf('http://crl.example/%d', i)), ${same}, ${rest}
      FROM numbers CROSS JOIN (SELECT * FROM crls WHERE certificate_id = ?1)`).bind(id, MANY),
    env.DB.prepare(`INSERT OR IGNORE INTO crl_authorities (crl_id, ca_key)
      SELECT k.id, k.ca_key FROM crls k WHERE k.certificate_id = ?1`).bind(id),
  ])
}

it('grow with the certificates and CRLs, and not with their product', async () => {
  const tenant = await crlTenantInUse()
  await putCrl(tenant, await issueCrl(tenant.ca))
  await associate(tenant)
  await copyCrl(tenant)
  const { db, carried } = meteredD1()
  const path = `${edgeOf('accounts', tenant.accountId)}/hostnames/${tenant.domain}`
  const answer = await get(path, tenant.authorization, { env: { ...env, DB: db } })
  const { certificates, crls, crls_total } = JSON.parse(answer.text).result.state
  expect([certificates.length, crls.length, crls_total]).toEqual([100, 100, MANY + 1])
  const rows = carried.reduce((sum, { rowsRead }) => sum + rowsRead, 0)
  expect(rows).toBeGreaterThan(5 * MANY)
  expect(rows).toBeLessThan(20 * MANY)
  expect(answer.text.length).toBeLessThan(262_144)
})
