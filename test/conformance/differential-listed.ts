import { readFileSync } from 'node:fs'

/** A row of the table of classes: name, our result, reason. */
const ROW = /^\| ([a-z-]+) \| (?:accepted|refused) \| .+ \|$/

/** The names of the classes that docs/conformance.md lists under "Against OpenSSL". */
export function listedClasses(): readonly string[] {
  const text = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8')
  return text.split('\n').flatMap((line) => ROW.exec(line)?.[1] ?? [])
}
