/** The most characters of a URL: more than any CA writes into cRLDistributionPoints, and less than servers refuse. [ours] */
export const MAX_URL_CHARACTERS = 2_048

/** Why no CRL is fetched from a URL. */
export type CrlUrlFault =
  | { readonly reason: 'crl_url_form' }
  /** `hosts`: those that the operator allows. */
  | { readonly reason: 'crl_url_host'; readonly hosts: readonly string[] }

/**
 * Why a CRL may not be fetched from a URL; undefined if it may: https on its own port, without user or fragment, at a host that the
 * operator allows. So tenants reach no address that the operator did not name, and no private one.
 * @param hosts names, or `*.` and a domain for all names below it, in lower case
 */
export function crlUrlFault(text: string, hosts: readonly string[]): CrlUrlFault | undefined {
  const url = URL.parse(text)
  const isSound =
    url !== null &&
    url.protocol === 'https:' &&
    `${url.username}${url.password}${url.port}${url.hash}` === '' &&
    text.length <= MAX_URL_CHARACTERS
  if (!isSound) return { reason: 'crl_url_form' }
  const { hostname } = url
  const isAllowed = hosts.some((host) => (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host))
  return isAllowed ? undefined : { reason: 'crl_url_host', hosts }
}
