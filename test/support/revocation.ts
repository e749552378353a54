import { env } from 'cloudflare:workers'
import { type RevocationQuestion, type RevocationRows, selectRevocation } from '../../src/edge/revocation-sql.ts'

/** The look-up of a decision for some records, on a path with every CA that has a CRL in their account. */
export async function questionOf(
  certificateIds: readonly string[],
  serials: readonly string[],
): Promise<RevocationQuestion> {
  const [first = ''] = certificateIds
  const record = env.DB.prepare('SELECT account_id FROM certificates WHERE id = ?1').bind(first)
  const accountId = (await record.first<string>('account_id')) ?? ''
  const crls = env.DB.prepare('SELECT DISTINCT issuer_key FROM crls WHERE account_id = ?1').bind(accountId)
  const issuerKeys = (await crls.all<{ issuer_key: string }>()).results.map(({ issuer_key }) => issuer_key)
  return { accountId, certificateIds, issuerKeys, serials }
}

/** The result of such a look-up. */
export async function revocationOf(
  certificateIds: readonly string[],
  serials: readonly string[],
): Promise<RevocationRows> {
  return selectRevocation(env.DB, await questionOf(certificateIds, serials))
}
