import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))

/** Files that people wrote; generated files repeat them. */
const files = ['src', 'test', 'scripts', 'docs', 'migrations', '.github']
  .filter((folder) => existsSync(join(PROJECT, folder)))
  .flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((f) => `${folder}/${f}`),
  )
  .concat(readdirSync(PROJECT))
  .filter((file) => /\.(?:ts|sql|md|json|yml)$/.test(file) && !/\/(?:generated|node_modules)\/|package-lock/.test(file))
const documents = files.filter((file) => file.endsWith('.md'))

function read(file: string): string {
  return readFileSync(join(PROJECT, file), 'utf8')
}

/** Headings of a document, without code blocks. */
function headingsOf(document: string): readonly string[] {
  const prose = read(document).replace(/^```.*?^```/gms, '')
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

/** A file as one line, so that a citation is found across lines of a comment. */
function inOneLine(file: string): string {
  return read(file).replace(/\s+(?:\/\/|\*|--)?\s+/g, ' ')
}

interface Citation {
  readonly cited: string
  readonly file: string
  readonly section: string
  /** The cited part of the section: an error's code, or the name of a part. */
  readonly part: string | undefined
}

/** `contract 3`, `contract 3.4`, `(contract 4, 12135)`, `(contract 3, Settings)`. */
const citations = files
  .filter((file) => file !== 'docs/contract.md' && file !== 'test/docs.test.ts')
  .flatMap((file): readonly Citation[] =>
    [...inOneLine(file).matchAll(/\bcontract (\d+(?:\.\d+)*)(?:(?<=\(contract [\d.]+), ([^);:]+))?/gi)].map(
      ([cited, section = '', part]) => ({ cited, file, section, part }),
    ),
  )

const CONTRACT = read('docs/contract.md')

/** Numbered sections of the contract by number, each with its text, parts included. */
const sections = new Map(
  [...CONTRACT.matchAll(/^(##+) (\d+(?:\.\d+)*)\.? /gm)].map(
    ({ index, 0: { length }, 1: marks = '', 2: number = '' }) => {
      const rest = CONTRACT.slice(index + length)
      const end = rest.search(new RegExp(`^#{2,${marks.length}} `, 'm'))
      return [number, end === -1 ? rest : rest.slice(0, end)]
    },
  ),
)

describe('docs/contract.md', () => {
  it('has sections, and is cited', () => {
    expect(sections.size).toBeGreaterThan(15)
    expect(citations.length).toBeGreaterThan(50)
  })

  it.each(citations)('has the section that $file cites as $cited', ({ section, part }) => {
    const text = sections.get(section)
    expect(text).toBeDefined()
    if (part === undefined) return
    const isCode = /^\d+$/.test(part)
    expect(text).toMatch(isCode ? new RegExp(`\\b${part}\\b`) : new RegExp(`^###.*\\b${part}`, 'im'))
  })

  it('is cited in one form', () => {
    const loose = /\bcontract(?:\.md)?[,:]? ?(?:sections?|§)? ?\d[\d.]*(?:,? ?(?:and )?\d+(?:\.\d+)?\b)*/gi
    const cited = files
      .filter((file) => file !== 'test/docs.test.ts')
      .flatMap((file) => (inOneLine(file).match(loose) ?? []).map((citation) => `${file}: ${citation}`))
    expect(cited.filter((citation) => !/: contract \d(?:\.\d)?\.?(?:, \d{3,5})?$/i.test(citation))).toEqual([])
  })

  it('says of every fact how it is known', () => {
    const listed = CONTRACT.slice(CONTRACT.indexOf('## 1. ')).match(/^(?:- .*(?:\n {2}.*)*|\| .*)$/gm) ?? []
    const facts = listed.filter((fact) => !/^\| (?:method and path|HTTP) /.test(fact))
    expect(facts.length).toBeGreaterThan(60)
    expect(facts.filter((fact) => !/\[[ODCI]\]|\[ours\]\(differences\.md#/.test(fact))).toEqual([])
  })

  it.each(['README.md', 'docs/architecture.md'])('is linked from %s', (document) => {
    expect(read(document)).toMatch(/\]\((?:docs\/)?contract\.md\)/)
  })
})

/** Links to files of the project: `[text](path#anchor)`. */
const links = documents.flatMap((document) =>
  [...read(document).matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(([link, path = '', anchor]) => ({
    document,
    link,
    target: path === '' ? document : join(dirname(document), path),
    anchor,
  })),
)

describe('links between documents', () => {
  it.each(links)('$document: $link leads somewhere', ({ target, anchor }) => {
    expect(existsSync(join(PROJECT, target)), target).toBe(true)
    if (anchor !== undefined) expect(headingsOf(target).map(anchorOf)).toContain(anchor)
  })
})

/** `(docs/differences.md, Hostnames)`: a section of a document, by its heading. */
const headings = files.flatMap((file) =>
  [...inOneLine(file).matchAll(/\((docs\/[\w-]+\.md), "?([^)"]+)"?\)/g)].map(
    ([cited, document = '', heading = '']) => ({
      cited,
      file,
      document,
      heading,
    }),
  ),
)

describe('sections that code cites by their heading', () => {
  it.each(headings)('$file: $cited', ({ document, heading }) => {
    expect(headingsOf(document)).toContain(heading)
  })
})

/** Files and folders that documents name, from the root or from `src`. The changelog may name former files. */
const named = documents
  .filter((document) => document !== 'CHANGELOG.md')
  .flatMap((document) =>
    [...read(document).matchAll(/`([\w.-]+\/[\w./-]*)`/g)].map(([, path = '']) => ({ document, path })),
  )
  .filter(({ path }) => /\.(?:ts|sql|md|json|toml|yml)$|^(?:src|test|scripts|docs|migrations)\//.test(path))

describe('files that documents name', () => {
  it.each(named)('$document: $path exists', ({ path }) => {
    expect(['', 'src'].some((folder) => existsSync(join(PROJECT, folder, path)))).toBe(true)
  })
})
