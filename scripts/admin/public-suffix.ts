import { parse } from 'tldts'
import { UsageError } from '../cli/usage-error.ts'

/**
 * Refuses a zone's domain that is a public suffix (publicsuffix.org): everybody registers names under it, and the account that
 * has it as a zone would decide who gets in at all of them. A registry's (`co.uk`) is always refused; a private one
 * (`workers.dev`) belongs to somebody, who may say so.
 * @param domain in A-label form, lower case
 * @param isOurs `--public-suffix` was given
 */
export function assertNoPublicSuffix(domain: string, isOurs: boolean): void {
  const { publicSuffix, isPrivate } = parse(domain, { allowPrivateDomains: true })
  if (publicSuffix !== domain || (isPrivate && isOurs)) return
  const why = `${domain} is a public suffix: names of many owners lie under it`
  throw new UsageError(
    isPrivate
      ? `${why}. Add your own name under it; if ${domain} itself is yours, say so with --public-suffix`
      : `${why}. Add your own name under it, such as example.${domain}`,
  )
}
