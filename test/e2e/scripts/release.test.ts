import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildWorkers, sha256Of } from '../../../scripts/release/build.ts'
import { releaseChanges } from '../../../scripts/release/changelog.ts'
import { type Sbom, sbomOf } from '../../../scripts/release/sbom.ts'
import { nextVersion } from '../../../scripts/release/version.ts'
import { PROJECT, type Run, runCommand, temporaryFolder } from '../support/server.ts'

// Each run builds both Workers, and starts npm four times.
describe('npm run release', { timeout: 300_000 }, () => {
  const folder = temporaryFolder()
  const at = (file: string) => join(folder.path, file)
  const read = (file: string) => readFileSync(at(file), 'utf8')
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
      cwd: folder.path,
      encoding: 'utf8',
    })
  const release = (...args: readonly string[]): Promise<Run> =>
    runCommand(process.execPath, ['--disable-warning=ExperimentalWarning', at('scripts/release.ts'), ...args])

  beforeAll(() => {
    const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: PROJECT,
    })
    for (const file of files
      .toString()
      .split('\0')
      .filter((one) => one !== '' && one !== 'node_modules')) {
      mkdirSync(dirname(at(file)), { recursive: true })
      cpSync(join(PROJECT, file), at(file), { recursive: true })
    }
    symlinkSync(join(PROJECT, 'node_modules'), at('node_modules'))
    // A link is no folder to .gitignore.
    writeFileSync(at('.gitignore'), `${read('.gitignore')}node_modules\n`)
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '-m', 'everything')
  })
  afterAll(() => folder.remove())

  it('refuses a tree with changes, and leaves no change where it fails', async () => {
    writeFileSync(at('src/gateway.ts'), 'no TypeScript')
    expect(await release('minor')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'error: commit or stash these changes first:\n M src/gateway.ts\n',
    })
    git('commit', '--quiet', '-am', 'broken')
    const { code, stderr } = await release('minor')
    expect(stderr).toContain('wrangler deploy --dry-run failed')
    expect({ code, status: git('status', '--porcelain') }).toEqual({ code: 1, status: '' })
    git('reset', '--quiet', '--hard', 'HEAD~1')
  })

  it('makes every file of a release; the Workers are, byte for byte, those that another folder makes', async () => {
    const { version: before } = JSON.parse(read('package.json'))
    const version = nextVersion(before, 'minor')
    const unreleased = releaseChanges(read('CHANGELOG.md'), version, '2026-01-01')
    const { code, stdout, stderr } = await release('minor')
    expect({ code, stderr: stderr.replace(/^npm warn .*\n/gm, '') }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`git tag -s v${version}`)

    const examples = ['docker-compose/compose.yaml', 'terraform/package.json', 'vitest-sdk/package.json'].concat(
      'worker-behind-gateway/package.json',
    )
    const changed = [
      'CHANGELOG.md',
      ...examples.map((file) => `docs/examples/${file}`),
      'package-lock.json',
      'package.json',
    ]
    expect(git('status', '--porcelain')).toBe(changed.map((file) => ` M ${file}\n`).join(''))
    expect(git('grep', '-lE', `access-mtls(@|": ")${version.replaceAll('.', '\\.')}`, 'docs/examples')).toBe(
      examples.map((file) => `docs/examples/${file}\n`).join(''),
    )
    expect(git('tag')).toBe('')
    expect(read('CHANGELOG.md').replace(/(?<=\] - )[\d-]{10}/, '2026-01-01')).toBe(unreleased.text)
    expect(read('release/notes.md')).toBe(`${unreleased.notes}\n`)
    expect([JSON.parse(read('package.json')).version, JSON.parse(read('package-lock.json')).version]).toEqual([
      version,
      version,
    ])

    const files = [`access-mtls-${version}.tgz`, 'api.js', 'gateway.js', 'notes.md', 'sbom.cdx.json']
    const sums = files.map((file) => `${sha256Of(at(`release/${file}`))}  ${file}\n`)
    expect(read('release/SHA256SUMS')).toBe(sums.join(''))

    const elsewhere = temporaryFolder()
    const workers = await buildWorkers(elsewhere.path)
    for (const { file } of workers) expect(sha256Of(join(elsewhere.path, file))).toBe(sha256Of(at(`release/${file}`)))
    elsewhere.remove()

    const { components, dependencies }: Sbom = JSON.parse(read('release/sbom.cdx.json'))
    const listed = components.map((component) => component['bom-ref'])
    const bundled = workers.flatMap(({ packages }) => packages.map((one) => `${one.name}@${one.version}`))
    expect(bundled.length).toBeGreaterThan(5)
    const { dependencies: installs } = JSON.parse(read('package.json'))
    expect(listed).toEqual(
      expect.arrayContaining([...bundled, ...Object.entries(installs).map((one) => one.join('@'))]),
    )
    expect(dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !listed.includes(ref))).toEqual([])
    expect(listed.filter((ref) => /^(?:vitest|typescript|wrangler)@/.test(ref))).toEqual([])
    expect(components.find(({ name }) => name === 'api.js')).toMatchObject({
      hashes: [{ alg: 'SHA-256', content: sha256Of(at('release/api.js')) }],
    })
  })
})

describe('the next version', () => {
  it.each([
    ['patch', '1.2.4'],
    ['minor', '1.3.0'],
    ['major', '2.0.0'],
    ['1.2.10', '1.2.10'],
    ['2.0.0', '2.0.0'],
  ])('after 1.2.3, %s is %s', (wanted, version) => {
    expect(nextVersion('1.2.3', wanted)).toBe(version)
  })

  it.each(['1.2.3', '1.2.2', '1.1.9', '0.9.9', '1.2', 'v1.3.0', '1.3.0-beta', '01.3.0', ''])('is not %j', (wanted) => {
    expect(() => nextVersion('1.2.3', wanted)).toThrow(/is not (?:later than 1\.2\.3|patch, minor, major)/)
  })
})

describe('the changelog of a release', () => {
  const changelog = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- One.\n\n## [1.0.0] - 2026-01-01\n\n- Zero.\n'

  it('has what was unreleased under the version and its date', () => {
    expect(releaseChanges(changelog, '1.1.0', '2026-02-03')).toEqual({
      text: changelog.replace('## [Unreleased]\n', '## [Unreleased]\n\n## [1.1.0] - 2026-02-03\n'),
      notes: '### Added\n\n- One.',
    })
  })

  it.each([
    ['nothing is unreleased', changelog.replace('- One.\n', ''), 'nothing under "Unreleased"'],
    ['the version is there', changelog.replace('1.0.0', '1.1.0'), 'has 1.1.0 already'],
    ['the heading is missing', changelog.replace('[Unreleased]', 'Next'), 'needs the heading'],
    ['the heading is there twice', `${changelog}## [Unreleased]\n`, 'needs the heading'],
  ])('is refused where %s', (_, text, words) => {
    expect(() => releaseChanges(text, '1.1.0', '2026-02-03')).toThrow(words)
  })
})

describe('the bill of materials', () => {
  const component = (ref: string, more = {}) => ({ 'bom-ref': ref, name: ref.split('@')[0] ?? '', ...more })
  const development = { properties: [{ name: 'cdx:npm:package:development', value: 'true' }], scope: 'optional' }
  const all: Sbom = {
    metadata: { component: component('it@1.0.0', { name: 'folder' }) },
    components: [
      component('bundled@1.0.0', development),
      component('tool@1.0.0', development),
      component('installed@1.0.0', { properties: [] }),
      component('below@1.0.0', development),
      component('peer@1.0.0', development),
    ],
    dependencies: [
      { ref: 'it@1.0.0', dependsOn: ['bundled@1.0.0', 'tool@1.0.0', 'installed@1.0.0'] },
      { ref: 'bundled@1.0.0', dependsOn: ['tool@1.0.0'] },
      { ref: 'tool@1.0.0', dependsOn: ['bundled@1.0.0', 'below@1.0.0'] },
      { ref: 'installed@1.0.0', dependsOn: ['below@1.0.0', 'peer@1.0.0'] },
      { ref: 'below@1.0.0', dependsOn: [] },
    ],
  }
  const lock = {
    packages: {
      '': {},
      'node_modules/installed': { version: '1.0.0', peerDependenciesMeta: { peer: { optional: true } } },
    },
  }
  const file = (name: string) => ({ file: 'api.js', sha256: 'ab', packages: [{ name, version: '1.0.0' }] })

  it('has what is bundled and what is installed, though npm takes it for tools, and nothing else', () => {
    const { metadata, components, dependencies } = sbomOf(all, lock, ['installed'], [file('bundled')])
    expect(metadata.component.name).toBe('it')
    expect(components).toEqual([
      component('api.js', { type: 'file', hashes: [{ alg: 'SHA-256', content: 'ab' }] }),
      component('bundled@1.0.0', { scope: 'required', properties: [] }),
      component('installed@1.0.0', { properties: [] }),
      component('below@1.0.0', { scope: 'required', properties: [] }),
    ])
    expect(dependencies).toEqual([
      { ref: 'it@1.0.0', dependsOn: ['api.js', 'installed@1.0.0'] },
      { ref: 'api.js', dependsOn: ['bundled@1.0.0'] },
      { ref: 'bundled@1.0.0', dependsOn: [] },
      { ref: 'installed@1.0.0', dependsOn: ['below@1.0.0'] },
      { ref: 'below@1.0.0', dependsOn: [] },
    ])
  })

  it('is not made for a package that package-lock.json does not have', () => {
    expect(() => sbomOf(all, lock, [], [file('other')])).toThrow('a file of the release contains other@1.0.0')
  })
})
