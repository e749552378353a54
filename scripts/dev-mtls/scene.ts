import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Api } from './api.ts'
import { HOSTNAME, type Pki } from './pki.ts'

const NAME = 'mTLS on a laptop'

/** CRLReason keyCompromise (RFC 5280 5.3.1). */
const KEY_COMPROMISE = 1

/** A registered record, as far as it is needed here. */
interface CertificateRecord {
  readonly id: string
  readonly name: string
  readonly fingerprint: string
}

/**
 * Registers intermediate and root for the protected hostname, tells the origin who the clients are, and uploads fresh
 * CRLs of both CAs, one of which lists `revoked`. What an earlier run left is taken over; what belongs to CAs that are no
 * more is removed. Returns the id of the record.
 */
export async function setScene(api: Api, pki: Pki, now: Date): Promise<string> {
  const id = await ensureRecord(api, pki)
  await api.call('PUT', api.url('access', 'certificates/settings'), {
    settings: [{ hostname: HOSTNAME, client_certificate_forwarding: true }],
  })
  const crl = api.url('edge', `certificates/${id}/crl`)
  // The moment of making, in ms: each CRL is newer than those of earlier runs.
  const number = now.getTime()
  const revoked = [{ ...pki.identity('revoked'), reason: KEY_COMPROMISE }]
  await api.call('PUT', crl, await pki.ca('root').crl({ number }))
  await api.call('PUT', crl, await pki.ca('intermediate').crl({ number, revoked }))
  return id
}

async function ensureRecord(api: Api, pki: Pki): Promise<string> {
  const records = (await api.call('GET', api.url('access', 'certificates'))) as readonly CertificateRecord[]
  const fingerprint = md5Fingerprint(pki.identity('intermediate').certificate)
  let kept: string | undefined
  for (const record of records.filter(({ name }) => name === NAME)) {
    const url = api.url('access', `certificates/${record.id}`)
    if (record.fingerprint === fingerprint) {
      await api.call('PUT', url, { associated_hostnames: [HOSTNAME] })
      kept = record.id
    } else {
      await api.call('PUT', url, {})
      await api.call('DELETE', url)
    }
  }
  return kept ?? (await register(api, pki))
}

async function register(api: Api, pki: Pki): Promise<string> {
  const pem = (name: 'intermediate' | 'root') => readFileSync(pki.files(name).certificate, 'utf8')
  const added = (await api.call('POST', api.url('access', 'certificates'), {
    name: NAME,
    certificate: pem('intermediate') + pem('root'),
    associated_hostnames: [HOSTNAME],
  })) as CertificateRecord
  return added.id
}

/** As the API writes it (contract 2). */
function md5Fingerprint(pem: string): string {
  const hex = createHash('md5').update(new X509Certificate(pem).raw).digest('hex').toUpperCase()
  return `MD5 Fingerprint=${hex.match(/../g)?.join(':')}`
}
