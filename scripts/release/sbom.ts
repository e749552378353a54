import type { Package } from './build.ts'

/** What of a CycloneDX document is read and changed here. */
export interface Sbom {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

/** What of package-lock.json is read: packages by their folder. */
export interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string
        readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
      }
    >
  >
}

interface Component {
  /** name@version, as npm writes it. */
  readonly 'bom-ref': string
  readonly name: string
  readonly version?: string
  readonly type?: string
  readonly scope?: string
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
}

/** A file of a release, and the packages inside it. */
export interface ReleasedFile {
  readonly file: string
  readonly sha256: string
  readonly packages: readonly Package[]
}

/**
 * The bill of materials of a release, as CycloneDX: the released files with the packages in them, and what an installation brings.
 * npm's own (`npm sbom --omit dev`) has neither: it leaves out what is bundled, and every package that a tool of the build needs too.
 * @param all `npm sbom` of everything in package-lock.json
 * @param installs names of the packages that package.json depends on
 */
export function sbomOf(all: Sbom, lock: Lock, installs: readonly string[], released: readonly ReleasedFile[]): Sbom {
  const known = new Map(all.components.map((component) => [component['bom-ref'], component]))
  const bundled = new Set(released.flatMap(({ packages }) => packages.map(refOf)))
  for (const ref of bundled) {
    if (!known.has(ref))
      throw new Error(`a file of the release contains ${ref}, which package-lock.json does not have: run npm ci`)
  }
  const { component } = all.metadata
  const root = component['bom-ref']
  const dependsOn = new Map(all.dependencies.map((one) => [one.ref, one.dependsOn]))
  const direct = (dependsOn.get(root) ?? []).filter((ref) => installs.includes(known.get(ref)?.name ?? ''))
  const installed = new Set(direct)
  const optionalPeers = optionalPeersOf(lock)
  const isBrought = (by: string) => (ref: string) => !optionalPeers.get(by)?.includes(known.get(ref)?.name ?? '')
  // A Set that grows is walked to its end.
  for (const ref of installed) {
    for (const next of (dependsOn.get(ref) ?? []).filter(isBrought(ref))) installed.add(next)
  }
  const kept = all.components.filter(({ 'bom-ref': ref }) => bundled.has(ref) || installed.has(ref))
  const isKept = new Set(kept.map((one) => one['bom-ref']))
  return {
    ...all,
    // npm takes the name of the folder.
    metadata: { ...all.metadata, component: { ...component, name: root.slice(0, root.lastIndexOf('@')) } },
    components: [
      ...released.map(({ file, sha256 }) => ({
        'bom-ref': file,
        type: 'file',
        name: file,
        hashes: [{ alg: 'SHA-256', content: sha256 }],
      })),
      ...kept.map(shipped),
    ],
    dependencies: [
      { ref: root, dependsOn: [...released.map(({ file }) => file), ...direct] },
      ...released.map(({ file, packages }) => ({ ref: file, dependsOn: packages.map(refOf) })),
      ...kept.map(({ 'bom-ref': ref }) => ({
        ref,
        dependsOn: (dependsOn.get(ref) ?? []).filter((other) => isKept.has(other)),
      })),
    ],
  }
}

/** Names of packages that a package works with where they are, but does not bring, by that package. */
function optionalPeersOf({ packages }: Lock): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(packages).map(([folder, { version = '', peerDependenciesMeta = {} }]) => {
      const name = folder.split('node_modules/').at(-1) ?? ''
      const peers = Object.entries(peerDependenciesMeta).filter(([, { optional }]) => optional === true)
      return [refOf({ name, version }), peers.map(([peer]) => peer)]
    }),
  )
}

/** A package that users get, though npm takes it for a tool. */
function shipped(component: Component): Component {
  const properties = (component.properties ?? []).filter(({ name }) => name !== 'cdx:npm:package:development')
  return properties.length === component.properties?.length
    ? component
    : { ...component, scope: 'required', properties }
}

function refOf({ name, version }: Package): string {
  return `${name}@${version}`
}
