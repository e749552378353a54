import { insertAccount, insertCredential, insertZone, setQuotas } from '../../src/store/provisioning.ts'
import { newId, newToken, yearAfter } from '../cli/secrets.ts'
import { withLocalDatabase } from '../wrangler/local-database.ts'
import type { Paths } from './situation.ts'

/** Who writes: a token of its own, under an account or its zone. */
export interface Author {
  readonly name: string
  readonly accountId: string
  readonly credentialId: string
  readonly authorization: string
  readonly paths: Paths
  /** All hostnames of the author lie under it, and no others. */
  readonly domain: string
}

/** More than any run has. */
const QUOTA = 1_000_000

/** Makes the database, with accounts that share it and authors that share an account. */
export async function makeAuthors(
  persistTo: string,
  accounts: number,
  authorsOfEach: number,
  now: number,
): Promise<readonly Author[]> {
  return await withLocalDatabase(persistTo, async (database) => {
    await database.migrate()
    const authors: Author[] = []
    for (let account = 1; account <= accounts; account += 1) {
      const [accountId, zoneId] = [newId(), newId()]
      const domain = `account${account}.chaos.example`
      await database.execute([
        insertAccount({ id: accountId, name: domain, enabled: true, certificateQuota: QUOTA }, now),
        setQuotas(accountId, { crlEntries: QUOTA, blockedSerials: QUOTA }),
        insertZone({ id: zoneId, accountId, domain, enabled: true }, now),
      ])
      for (let author = 1; author <= authorsOfEach; author += 1) {
        const token = await newToken()
        const credentialId = newId()
        const name = `author${author}`
        const credential = {
          id: credentialId,
          kind: 'token',
          name,
          email: null,
          secretSha256: token.sha256,
          notBefore: null,
          expiresOn: yearAfter(now),
        } as const
        const grant = { scope: { kind: 'accounts', id: accountId }, permission: 'write' } as const
        await database.execute(insertCredential(credential, [grant], now))
        const scope = author % 2 === 0 ? `zones/${zoneId}` : `accounts/${accountId}`
        const paths = { certificates: `/client/v4/${scope}/access/certificates`, edge: `/edge/v1/${scope}` }
        const authorization = `Bearer ${token.text}`
        authors.push({
          name: `${name}.${domain}`,
          accountId,
          credentialId,
          authorization,
          paths,
          domain: `${name}.${domain}`,
        })
      }
    }
    return authors
  })
}
