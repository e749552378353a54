import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const SRC = join(PROJECT, 'src')
const SCRIPTS = join(PROJECT, 'scripts')

/** Which folders a folder of `src` may import from, besides itself and `core` (docs/architecture.md). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  '.': ['api', 'gateway', 'jobs'],
  api: ['registry', 'edge', 'web', 'store'],
  registry: ['web', 'edge', 'store', 'x509'],
  web: [],
  gateway: ['edge'],
  jobs: ['registry'],
  edge: ['store', 'x509'],
  store: [],
  x509: [],
  core: [],
  testing: ['x509'],
  // In the browser: the pages of the API, which they call over HTTP.
  dashboard: ['x509'],
  // Never deployed: nobody imports it.
  local: ['api', 'gateway', 'web', 'store'],
}

/** The same within x509: `.` are the files at its root. */
const X509_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  '.': [],
  asn1: ['.'],
  certificate: ['.', 'asn1'],
  text: ['.', 'asn1'],
  signature: ['.', 'asn1', 'certificate'],
  upload: ['.', 'asn1', 'certificate', 'signature', 'text'],
  crl: ['.', 'asn1', 'certificate', 'signature', 'text'],
  path: ['.', 'asn1', 'certificate', 'signature'],
  issuer: ['.', 'asn1', 'certificate', 'crl', 'path'],
}

/** The npm packages each folder may use. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  api: ['itty-router', 'cloudflare:workers'],
  registry: ['valibot'],
  web: ['valibot'],
  local: ['itty-router', 'valibot'],
  'x509/upload': ['asn1js', 'pkijs'],
}

/** Specifiers of a file's imports, type-only ones included. */
function importsOf(file: string): readonly string[] {
  return [
    ...readFileSync(file, 'utf8').matchAll(/(?:^|\n)(?:import|export)\s[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)/g),
  ].map((match) => match[1] ?? match[2] ?? '')
}

/** scripts/bench/peers may have packages installed. */
const isOwnCode = (file: string) => file.endsWith('.ts') && !file.includes('peers/node_modules/')

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const folderOf = (file: string) => dirname(file).split('/')[0] ?? '.'

describe('the direction of dependencies', () => {
  it.each(files)('%s imports only what its folder may', (file) => {
    const folder = folderOf(file)
    const wrong = importsOf(join(SRC, file)).filter((specifier) => {
      if (!specifier.startsWith('.')) return !(MAY_USE[dirname(file)] ?? MAY_USE[folder] ?? []).includes(specifier)
      const target = relative(SRC, resolve(SRC, dirname(file), specifier))
      const other = folderOf(target)
      return other !== folder && other !== 'core' && !(MAY_IMPORT[folder] ?? []).includes(other)
    })
    expect(wrong).toEqual([])
  })
})

describe('scripts', () => {
  const scripts = readdirSync(SCRIPTS, { recursive: true, encoding: 'utf8' }).filter(isOwnCode)
  it.each(scripts)('%s imports nothing from the tests', (file) => {
    const targets = importsOf(join(SCRIPTS, file)).map((specifier) => join('scripts', dirname(file), specifier))
    expect(targets.filter((target) => target.startsWith('test/'))).toEqual([])
  })
})

describe('package.json', () => {
  const { name, dependencies, devDependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))
  const all = ['src', 'scripts', 'test'].flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      join(PROJECT, folder, file),
    ),
  )
  const configs = ['vitest.config.ts', 'vitest.mutation.config.ts'].map((file) => join(PROJECT, file))
  const code = [...all.filter(isOwnCode), ...configs]
  const packages = code.flatMap(importsOf).filter((specifier) => !/^(?:\.|node:|cloudflare:)/.test(specifier))

  it('declares every package that is imported', () => {
    const declared = new Set([name, ...Object.keys({ ...dependencies, ...devDependencies })])
    const imported = new Set(packages.map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0]))
    expect(imported.size).toBeGreaterThan(15)
    expect([...imported].filter((specifier) => !declared.has(specifier))).toEqual([])
  })
})

describe('the direction of dependencies within x509', () => {
  const X509 = join(SRC, 'x509')
  const inside = files.filter((file) => file.startsWith('x509/') && file !== 'x509/index.ts')
  it.each(inside)('%s imports only what its folder may', (file) => {
    const folder = folderOf(relative('x509', file))
    const wrong = importsOf(join(SRC, file)).filter((specifier) => {
      const target = relative(X509, resolve(SRC, dirname(file), specifier))
      if (!specifier.startsWith('.') || target.startsWith('..')) return false
      const other = folderOf(target)
      return other !== folder && !(X509_MAY_IMPORT[folder] ?? []).includes(other)
    })
    expect(wrong).toEqual([])
  })
})

/** Folders that others import through their `index.ts` only. */
const FACES = ['x509', 'x509/text']

describe('the faces of folders', () => {
  it.each(FACES)('other folders import only the index of %s', (face) => {
    const wrong = files
      .filter((file) => !file.startsWith(`${face}/`))
      .flatMap((file) => importsOf(join(SRC, file)).map((specifier) => resolve(SRC, dirname(file), specifier)))
      .map((target) => relative(SRC, target))
      .filter((target) => target.startsWith(`${face}/`) && target !== `${face}/index.ts`)
    expect(wrong).toEqual([])
  })
})

describe('path validation', () => {
  it('has one entry, for the gateway, RPC and /verify', () => {
    const callers = files.filter((file) => /\bverifyPath\(/.test(readFileSync(join(SRC, file), 'utf8')))
    expect(callers.filter((file) => !file.startsWith('x509/'))).toEqual(['edge/decide-path.ts'])
  })
})

describe('the reader of certificates', () => {
  it('can be imported without pkijs, since every request to a protected host uses it', () => {
    const seen = new Set<string>()
    const left = [join(SRC, 'x509/certificate/certificate.ts')]
    for (const file of left) {
      if (seen.has(file)) continue
      seen.add(file)
      for (const specifier of importsOf(file)) {
        expect(specifier, file).toMatch(/^\./)
        left.push(resolve(dirname(file), specifier))
      }
    }
    expect(seen.size).toBeGreaterThan(5)
  })
})
