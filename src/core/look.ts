/**
 * The look that our pages share: the dashboard, /docs/errors and the gateway's refusals. System fonts, light and dark. Text has a
 * contrast of at least 4.5:1 and controls of 3:1 against the backgrounds (WCAG 2.2, 1.4.3 and 1.4.11).
 */
export const LOOK = `:root{color-scheme:light dark;--back:light-dark(#fff,#14171c);--panel:light-dark(#f4f6f8,#1d2127);--text:light-dark(#1a1d21,#e8eaed);--quiet:light-dark(#525a66,#abb3bf);--line:light-dark(#d3d8de,#3a414b);--edge:light-dark(#747d8a,#8b93a0);--link:light-dark(#0b57a4,#8ab8ff);--good:light-dark(#12652a,#7fd193);--bad:light-dark(#b0211a,#ffb0a8);--warn:light-dark(#7d4c00,#f0bf6c)}
body{background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif;margin:0;overflow-wrap:anywhere}
a{color:var(--link)}
code,pre,textarea{font-family:ui-monospace,monospace;font-size:.9em}
pre{white-space:pre-wrap;padding:1rem;border:1px solid var(--edge);border-radius:.4rem;background:var(--panel)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
`
