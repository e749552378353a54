import { createHash } from 'node:crypto'
import { marked } from 'marked'
import { PAGE_HEADERS } from '../../src/core/answer-headers.ts'
import { LOOK } from '../../src/core/look.ts'

/** Hides the sections that have not all words of the search field, and says how many are left. */
const SCRIPT = `const field = document.querySelector('input')
const found = document.querySelector('output')
const sections = [...document.querySelectorAll('section')]
field.closest('form').hidden = false
field.addEventListener('input', () => {
  const words = field.value.toLowerCase().split(/\\s+/)
  for (const one of sections) one.hidden = !words.every((word) => one.textContent.toLowerCase().includes(word))
  found.textContent = field.value === '' ? '' : sections.filter((one) => !one.hidden).length + ' found'
})
`

/** The policy under which the page is served: only its own script runs. */
export function errorPagePolicy(): string {
  const hash = createHash('sha256').update(SCRIPT).digest('base64')
  return `${PAGE_HEADERS['content-security-policy']}; img-src 'self'; script-src 'sha256-${hash}'`
}

/** The error page as HTML, from docs/errors.md. A heading that starts with a code is an anchor of that code. */
export async function errorPage(markdown: string): Promise<string> {
  const body = await marked.parse(markdown)
  const anchored = body
    .replace(/<h2>(\d+)<\/h2>/g, '<h2 id="$1"><a href="#$1">$1</a></h2>')
    // A deployment serves no other page of docs/.
    .replace(/<a href="[^":]*\.md(?:#[^"]*)?">(.*?)<\/a>/g, '$1')
  const [intro = '', ...sections] = anchored.split(/(?=<h2)/)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<title>Errors — access-mtls</title>
<style>
${LOOK}main { max-width: 46rem; margin: 0 auto; padding: 1rem }
p > code, li > code { background: var(--panel); border-radius: .2rem; padding: 0 .2em }
h2 { margin: 2rem 0 .3rem }
h2 a { color: inherit; text-decoration: none; display: inline-block; min-width: 1.5rem; min-height: 1.5rem }
h2:target { border-inline-start: .4rem solid var(--link); padding-inline-start: .5rem }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem .8rem }
input { font: inherit; min-height: 2rem; max-width: 100% }
nav a, .home { display: inline-block; min-width: 1.5rem; min-height: 1.5rem }
</style>
<main>
<p><a class="home" href="/">access-mtls</a></p>
${intro}<form role="search" hidden><label>Search <input type="search" autocomplete="off"></label> <output></output></form>
${index(anchored)}${sections.map((section) => `<section>\n${section}</section>\n`).join('')}</main>
<script>${SCRIPT}</script>
</html>
`
}

/** Links to all codes. */
function index(html: string): string {
  const codes = Array.from(html.matchAll(/<h2 id="(\d+)">/g), ([, code]) => `<li><a href="#${code}">${code}</a></li>`)
  return `<nav aria-label="All codes"><ul>${codes.join('')}</ul></nav>\n`
}
