import type { QuotaLack, QuotaName } from '../../core/model.ts'

/** The things that each quota counts, for people. */
const NOUNS: Readonly<Record<QuotaName, string>> = {
  certificates: 'certificates',
  hostnames: 'hostnames',
  settings: 'hostname settings',
  modes: 'hostname modes',
  blockedSerials: 'blocked serial numbers',
  crls: 'CRLs',
  crlEntries: 'CRL entries',
}

/** Why a quota has no room: for certificates in the real service's own words (contract 4), for all others with the figures. */
export function describeLack({ quota, limit, used, added }: QuotaLack): string {
  const reached = `maximum number of ${NOUNS[quota]} has been reached`
  if (quota === 'certificates') return reached
  return `${reached}: the account and its zones may have ${limit} and have ${used}, and this request adds ${added}; delete some, or have the quota raised`
}
