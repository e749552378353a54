import type { Claim, TrustRecord } from '../../core/model.ts'
import type { AsciiHostname, CertificateId } from '../../core/units.ts'
import type { Act, Ground, StoredMode } from '../impact/assess.ts'

/** What changes of records would change of what decisions are based on. */

/** A record is added, or gets these hostnames in place of others. */
export function replacedHostnames(
  { scope }: Claim,
  record: TrustRecord,
  gained: readonly AsciiHostname[],
  lost: readonly AsciiHostname[],
): Act {
  const [gains, loses] = [new Set(gained), new Set(lost)]
  return {
    hostnames: [...gained, ...lost],
    change(ground, hostname) {
      if (loses.has(hostname)) return withoutRecord(ground, record.id)
      return gains.has(hostname) ? withRecord(ground, record, scope.kind === 'accounts') : ground
    },
  }
}

function withRecord({ facts, records, stored }: Ground, record: TrustRecord, isOfAccount: boolean): Ground {
  // Who associates a certificate ends the mode `open` (migration 0011).
  const stays = stored?.setting.mode === 'open' ? undefined : stored
  const accountRecords = [...(stays?.accountRecords ?? []), ...(isOfAccount ? [record.id] : [])]
  return onRecords(facts, [...records, record], stays && { ...stays, accountRecords })
}

function withoutRecord({ facts, records, stored }: Ground, id: CertificateId): Ground {
  const accountRecords = stored?.accountRecords.filter((one) => one !== id) ?? []
  return onRecords(
    facts,
    records.filter((record) => record.id !== id),
    stored && { ...stored, accountRecords },
  )
}

/** A mode that a zone has set does not count while a certificate of the account protects the hostname (store/hostname-owner.ts). */
function onRecords(facts: Ground['facts'], records: readonly TrustRecord[], stored: StoredMode | undefined): Ground {
  const counts = stored !== undefined && (stored.byAccount || stored.accountRecords.length === 0)
  return {
    facts: {
      ...facts,
      mode: counts ? stored.setting : { mode: 'required' },
      hasCertificates: facts.enabled && records.length > 0,
      // A record may bring blocked serial numbers.
      revocable: true,
    },
    records,
    stored,
  }
}
