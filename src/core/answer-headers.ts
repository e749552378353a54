/** What no answer of ours needs: to be framed, to post a form, to have its links rewritten, to load anything. */
const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * Headers of every answer that is made here and not by an origin. Nobody in between keeps it, for it depends on who asks;
 * nobody takes it for another type than it says, and a browser that shows it loads and runs nothing.
 */
export const ANSWER_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': NOTHING,
  'x-content-type-options': 'nosniff',
} as const

/** The same for an HTML page of ours: its style is in it, and it has nothing else. */
export const PAGE_HEADERS = {
  ...ANSWER_HEADERS,
  'content-security-policy': `${NOTHING}; style-src 'unsafe-inline'`,
} as const
