import { fail, ok, type Result } from '../../core/result.ts'
import type { Seconds } from '../../core/units.ts'
import { readOctets } from '../../web/octets.ts'
import { crlUrlFault } from './url.ts'

/** What downloads: `fetch`. */
export type Fetcher = (url: string, init: RequestInit) => Promise<Response>

/** The most that a download takes, redirects included. A CRL of 48 MiB then needs 7 Mbit/s. [ours] */
const MAX_SECONDS: Seconds = 60

/** How many redirects are followed: http libraries follow 5 to 20, and a CRL needs one. [ours] */
const MAX_REDIRECTS = 3

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export interface DownloadLimits {
  /** CRL_SOURCE_HOSTS. */
  readonly hosts: readonly string[]
  readonly maxBytes: number
}

/**
 * Downloads a CRL. The URL and each redirect must be to a host that the operator allows. Errors: a sentence for people. It repeats
 * nothing that the server sent.
 */
export async function download(
  fetcher: Fetcher,
  url: string,
  { hosts, maxBytes }: DownloadLimits,
): Promise<Result<Uint8Array, string>> {
  const signal = AbortSignal.timeout(MAX_SECONDS * 1_000)
  let from = url
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    if (crlUrlFault(from, hosts) !== undefined) {
      const what = redirects === 0 ? 'the URL is' : 'the server redirects'
      return fail(`${what} to a host that the operator does not allow (CRL_SOURCE_HOSTS), or not with https`)
    }
    let response: Response
    try {
      response = await fetcher(from, { redirect: 'manual', signal, headers: { accept: 'application/pkix-crl, */*' } })
    } catch {
      return fail(signal.aborted ? TOO_SLOW : 'the server cannot be reached')
    }
    const next = REDIRECTS.has(response.status) && URL.parse(response.headers.get('location') ?? '', from)?.href
    if (!next) return await bodyOf(response, maxBytes, signal)
    await response.body?.cancel()
    from = next
  }
  return fail(`the server redirects more than ${MAX_REDIRECTS} times`)
}

const TOO_SLOW = `the download took more than ${MAX_SECONDS} seconds`

async function bodyOf(response: Response, maxBytes: number, signal: AbortSignal): Promise<Result<Uint8Array, string>> {
  if (response.status !== 200) {
    await response.body?.cancel()
    return fail(`the server answered ${response.status}`)
  }
  const read = await readOctets(response, maxBytes)
  if (read.ok) return read.value.length === 0 ? fail('the server sent nothing') : ok(read.value)
  if (read.error.reason === 'body_too_large') return fail(`the CRL is larger than ${maxBytes} bytes`)
  return fail(signal.aborted ? TOO_SLOW : 'the connection ended before the CRL was there')
}
