import { toHex } from '../../core/bytes.ts'
import type { Webhook } from '../../core/config.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import { snakeCase } from '../../core/snake-case.ts'
import type { Seconds, UnixSeconds } from '../../core/units.ts'
import type { Fetcher } from '../crl-fetches/download.ts'
import { type Notice, noticeText } from './notice.ts'

/** How long a receiver has for its answer, in seconds. Slack, GitHub and Stripe give their receivers 3 to 10. */
const MAX_SECONDS: Seconds = 10

/** The header of the signature: `t=` and the Unix time of the request, `v1=` and its HMAC (docs/operate.md, "Told in time"). */
export const SIGNATURE_HEADER = 'access-mtls-signature'

/** The body of one request. */
export interface WebhookBody {
  readonly id: string
  readonly now: UnixSeconds
  readonly notices: readonly Notice[]
  /** Whether there are more than the run could tell. */
  readonly isCut: boolean
}

/** Sends notices. Any answer but 2xx is a failure, which is returned as a sentence; redirects are not followed. */
export async function sendNotices(
  fetcher: Fetcher,
  { url, secret }: Webhook,
  body: WebhookBody,
): Promise<Result<void, string>> {
  const text = JSON.stringify(wireOf(body))
  const { now } = body
  try {
    const response = await fetcher(url, {
      method: 'POST',
      body: text,
      redirect: 'manual',
      signal: AbortSignal.timeout(MAX_SECONDS * 1_000),
      headers: {
        'content-type': 'application/json; charset=utf-8',
        [SIGNATURE_HEADER]: `t=${now},v1=${await hmac(secret, `${now}.${text}`)}`,
      },
    })
    await response.body?.cancel()
    return response.ok ? ok(undefined) : fail(`the receiver answered ${response.status}`)
  } catch (error) {
    return fail(`the receiver cannot be reached: ${error instanceof Error ? error.name : typeof error}`)
  }
}

/** `text` is what Slack and Mattermost show. */
function wireOf({ id, now, notices, isCut }: WebhookBody) {
  const sentences = notices.map(noticeText)
  const more = 'There are more: GET /edge/v1/accounts/{account_id}/expiry lists what comes next.'
  return {
    id,
    created_at: rfc3339(now),
    text: escapeMarkup([...sentences, ...(isCut ? [more] : [])].join('\n')),
    more: isCut,
    notices: notices.map((notice, index) => ({
      id: noticeId(notice),
      ...snakeCase({ ...notice, at: rfc3339(notice.at) }),
      message: sentences[index],
    })),
  }
}

/** The same for the same notice, however often it is sent. */
function noticeId(notice: Notice): string {
  const of = 'sha256' in notice ? notice.sha256 : 'issuer' in notice ? notice.issuer : ''
  const which = 'hostname' in notice ? notice.hostname : notice.certificateId
  return [notice.kind, notice.accountId, which, of, notice.at, notice.days].join(' ')
}

/** Names come from certificates: in Slack's markup, `<!channel>` would call everybody. */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

async function hmac(secret: string, text: string): Promise<string> {
  const encode = (part: string) => new TextEncoder().encode(part)
  const key = await crypto.subtle.importKey('raw', encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return toHex(new Uint8Array(await crypto.subtle.sign('HMAC', key, encode(text))))
}
