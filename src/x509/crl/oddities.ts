/**
 * What RFC 5280 forbids issuers of CRLs and is read here all the same. It decides nothing, and refusing the CRL would let in the
 * clients that it lists.
 */
export type CrlOddity =
  /** 5.1.2.1 requires version 2. */
  | { readonly oddity: 'version_1' }
  /** 5.2.3: every CRL has a cRLNumber. */
  | { readonly oddity: 'number_missing' }
  /** 5.2.3: a cRLNumber has at most 20 octets. A longer one counts as none. */
  | { readonly oddity: 'number_too_long' }
  /** 5.2, 5.3: an extension that must not be critical. */
  | { readonly oddity: 'critical'; readonly extension: string }
  /** 4.2: an extension is there once. `extension` is undefined where it is unknown. */
  | { readonly oddity: 'extension_repeated'; readonly extension: string | undefined }
  /** 5.1.2.6, 5.1.2.7, 5.2.5, 5.3: an empty field is absent. */
  | { readonly oddity: 'empty'; readonly field: string }
  /** 5.1.2.4 to 5.1.2.6: UTCTime through 2049. */
  | { readonly oddity: 'generalized_time' }
  /** 5.1.2.6: a certificate is listed once. `entries`: how many entries repeat an earlier serial number. */
  | { readonly oddity: 'serial_repeated'; readonly entries: number }
  /** 4.1.2.2: a serial number is positive. */
  | { readonly oddity: 'serial_not_positive' }

/** Collects oddities without duplicates. */
export class Oddities {
  readonly #found = new Map<string, CrlOddity>()

  add(oddity: CrlOddity): void {
    this.#found.set(JSON.stringify(oddity), oddity)
  }

  get list(): readonly CrlOddity[] {
    return [...this.#found.values()]
  }
}
