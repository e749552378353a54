/** No answer of ours is framed, posts a form, has its links rewritten, or loads anything. */
const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * Headers of every answer that is made here and not by an origin. Caches do not keep it, since it depends on who asks. Browsers
 * do not guess its type, and load and run nothing when they show it.
 */
export const ANSWER_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': NOTHING,
  'x-content-type-options': 'nosniff',
} as const

/** Headers of an HTML page of ours: its only resource is the style in it. */
export const PAGE_HEADERS = {
  ...ANSWER_HEADERS,
  'content-security-policy': `${NOTHING}; style-src 'unsafe-inline'`,
} as const
