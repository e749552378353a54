/**
 * What RFC 5280 forbids those who issue CRLs, and which is read here all the same: it decides nothing, and a CRL that is
 * refused leaves the clients in that it lists.
 */
export type CrlOddity =
  /** 5.1.2.1: version 2 is asked for. */
  | { readonly oddity: 'version_1' }
  /** 5.2.3: every CRL has a cRLNumber. */
  | { readonly oddity: 'number_missing' }
  /** 5.2.3: a cRLNumber has at most 20 octets. This one counts as none. */
  | { readonly oddity: 'number_too_long' }
  /** 5.2, 5.3: an extension that must not be critical. */
  | { readonly oddity: 'critical'; readonly extension: string }
  /** 4.2: an extension stands once. Undefined: one that is not known here. */
  | { readonly oddity: 'extension_repeated'; readonly extension: string | undefined }
  /** 5.1.2.6, 5.1.2.7, 5.2.5, 5.3: what is empty is left out. */
  | { readonly oddity: 'empty'; readonly field: string }
  /** 5.1.2.4 to 5.1.2.6: UTCTime through 2049. */
  | { readonly oddity: 'generalized_time' }
  /** 5.1.2.6 lists certificates, each once. How many entries are of a serial number that stands before. */
  | { readonly oddity: 'serial_repeated'; readonly entries: number }
  /** 4.1.2.2: a serial number is positive. */
  | { readonly oddity: 'serial_not_positive' }

/** Collects oddities, each once. */
export class Oddities {
  readonly #found = new Map<string, CrlOddity>()

  add(oddity: CrlOddity): void {
    this.#found.set(JSON.stringify(oddity), oddity)
  }

  get list(): readonly CrlOddity[] {
    return [...this.#found.values()]
  }
}
