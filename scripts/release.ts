/** `npm run release -- VERSION`: everything of a release but what leaves this machine. */
import { type SpawnOptions, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { buildPackage } from './build/package.ts'
import { readArguments } from './cli/arguments.ts'
import { runMain, UsageError } from './cli/usage-error.ts'
import { buildWorkers, sha256Of } from './release/build.ts'
import { releaseChanges } from './release/changelog.ts'
import { sbomOf } from './release/sbom.ts'
import { nextVersion } from './release/version.ts'
import { PROJECT } from './wrangler/wrangler.ts'

const HELP = `npm run release -- patch|minor|major|X.Y.Z [options]

Prepares a release in the folder release/, and changes some files:

  CHANGELOG.md                      "Unreleased" gets the version and today's date
  package.json, package-lock.json   get the version
  docs/examples                     its package.json and compose.yaml files name the version
  release/access-mtls-X.Y.Z.tgz     what npm publishes
  release/api.js, gateway.js        the Workers as they are deployed
  release/sbom.cdx.json             the packages in all of these (CycloneDX)
  release/notes.md                  the part of CHANGELOG.md
  release/SHA256SUMS                the hashes of these files

It commits, tags, pushes and publishes nothing: it prints the commands for that.

  --dry-run   make it in a temporary folder, and change nothing
  --help      this text`

/** Examples that name the version of the package. */
const EXAMPLES = [
  'docs/examples/docker-compose/compose.yaml',
  ...['terraform', 'vitest-sdk', 'worker-behind-gateway'].map((name) => `docs/examples/${name}/package.json`),
]

/** The files that get the version. */
const VERSIONED = ['CHANGELOG.md', 'package.json', 'package-lock.json', ...EXAMPLES]

await runMain(async () => {
  const { values, positionals } = readArguments(
    process.argv.slice(2),
    { 'dry-run': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    1,
  )
  if (values.help === true) return console.log(HELP)
  const [wanted] = positionals
  if (wanted === undefined) throw new UsageError('which version? patch, minor, major, or X.Y.Z')
  const isDryRun = values['dry-run'] === true
  const { name, version: current } = JSON.parse(read('package.json'))
  const version = nextVersion(current, wanted)
  const today = new Date().toISOString().slice(0, 10)
  const { text: changelog, notes } = releaseChanges(read('CHANGELOG.md'), version, today)
  // A release is what a commit has, and others can build from it.
  const changed = await run('git', ['status', '--porcelain'])
  if (changed !== '' && !isDryRun) throw new UsageError(`commit or stash these changes first:\n${changed.trimEnd()}`)

  const out = isDryRun ? mkdtempSync(join(tmpdir(), 'access-mtls-release-')) : emptied(join(PROJECT, 'release'))
  const before = VERSIONED.map((file) => [file, read(file)] as const)
  try {
    if (!isDryRun) {
      writeFileSync(join(PROJECT, 'CHANGELOG.md'), changelog)
      await setVersion(name, current, version)
    }
    console.log(`${name} ${version} (now ${current})`)
    const files = await make(out, notes)
    const sums = files.map((file) => `${sha256Of(join(out, file))}  ${file}\n`).join('')
    writeFileSync(join(out, 'SHA256SUMS'), sums)
    console.log(sums.trimEnd())
  } catch (error) {
    if (!isDryRun) for (const [file, content] of before) writeFileSync(join(PROJECT, file), content)
    throw error
  } finally {
    if (isDryRun) rmSync(out, { recursive: true, force: true })
  }
  console.log(isDryRun ? 'Nothing was changed.' : whatIsLeft(name, version))
})

/** Writes the version into the files that name it. */
async function setVersion(name: string, current: string, version: string): Promise<void> {
  await run('npm', ['version', version, '--no-git-tag-version', '--ignore-scripts'])
  for (const file of EXAMPLES) {
    const content = read(file).replaceAll(`${name}@${current}`, `${name}@${version}`)
    writeFileSync(join(PROJECT, file), content.replace(`"${name}": "${current}"`, `"${name}": "${version}"`))
  }
}

/** Makes the files of a release in `out`; returns their names. */
async function make(out: string, notes: string): Promise<readonly string[]> {
  const workers = await buildWorkers(out)
  const packages = await buildPackage(join(PROJECT, 'dist'))
  const [packed] = JSON.parse(await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', out]))
  const built = [{ file: packed.filename, packages }, ...workers]
  const released = built.map((one) => ({ ...one, sha256: sha256Of(join(out, one.file)) }))
  const { dependencies, optionalDependencies }: Dependencies = JSON.parse(read('package.json'))
  const all = JSON.parse(await run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']))
  const lock = JSON.parse(read('package-lock.json'))
  const sbom = sbomOf(all, lock, Object.keys({ ...dependencies, ...optionalDependencies }), released)
  writeFileSync(join(out, 'sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`)
  writeFileSync(join(out, 'notes.md'), `${notes}\n`)
  return [...released.map(({ file }) => file), 'notes.md', 'sbom.cdx.json']
}

/** Of package.json: what an installation brings. */
interface Dependencies {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

function whatIsLeft(name: string, version: string): string {
  return `
Look at the changes (git diff), then:

  git commit -am 'ci: version ${version}'
  git tag -s v${version} -m 'version ${version}'
  git push origin HEAD v${version}
  npm publish release/${name}-${version}.tgz
  gh release create v${version} --notes-file release/notes.md release/*`
}

function read(file: string): string {
  return readFileSync(join(PROJECT, file), 'utf8')
}

function emptied(folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  return folder
}

/** Runs a command in the project; returns what it printed. Throws when it fails, after its own words. */
async function run(command: string, args: readonly string[]): Promise<string> {
  const options: SpawnOptions = { cwd: PROJECT, stdio: ['ignore', 'pipe', 'inherit'] }
  const child = spawn(command, args, options)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve)
  })
  const printed = child.stdout === null ? '' : await text(child.stdout)
  const code = await ended
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${printed}`)
  return printed
}
