import type { BuiltWorker } from './build.ts'

/** What of a CycloneDX document is read and changed here. */
export interface Sbom {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
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

/** A Worker that is in a release, with the hash of its file. */
export interface ReleasedWorker extends BuiltWorker {
  readonly sha256: string
}

/**
 * The bill of materials of a release, as CycloneDX: the two Workers with the packages in them, and what an installation brings.
 * npm alone leaves out what is bundled: to npm, these are tools of the build, or the optional peers of one.
 * @param all `npm sbom` of everything in package-lock.json
 * @param installed `npm sbom --omit dev`
 */
export function sbomOf(all: Sbom, installed: Sbom, workers: readonly ReleasedWorker[]): Sbom {
  const bundled = new Set(workers.flatMap(({ packages }) => packages.map(refOf)))
  const known = new Set(all.components.map((component) => component['bom-ref']))
  for (const ref of bundled) {
    if (!known.has(ref)) throw new Error(`a Worker contains ${ref}, which package-lock.json does not have: run npm ci`)
  }
  const kept = new Set([...bundled, ...installed.components.map((component) => component['bom-ref'])])
  const { component } = all.metadata
  const { ref: root, dependsOn: direct } = all.dependencies.find(({ ref }) => ref === component['bom-ref']) ?? {
    ref: component['bom-ref'],
    dependsOn: [],
  }
  const keep = (refs: readonly string[]) => refs.filter((ref) => kept.has(ref))
  return {
    ...all,
    // npm takes the name of the folder.
    metadata: { ...all.metadata, component: { ...component, name: root.slice(0, root.lastIndexOf('@')) } },
    components: [
      ...workers.map(({ file, sha256 }) => ({
        'bom-ref': file,
        type: 'file',
        name: file,
        hashes: [{ alg: 'SHA-256', content: sha256 }],
      })),
      ...all.components
        .filter((one) => kept.has(one['bom-ref']))
        .map((one) => (bundled.has(one['bom-ref']) ? shipped(one) : one)),
    ],
    dependencies: [
      { ref: root, dependsOn: [...workers.map(({ file }) => file), ...keep(direct)] },
      ...workers.map(({ file, packages }) => ({ ref: file, dependsOn: packages.map(refOf) })),
      ...all.dependencies
        .filter(({ ref }) => kept.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: keep(dependsOn) })),
    ],
  }
}

/** A package that is part of a Worker, whatever npm takes it for. */
function shipped(component: Component): Component {
  const properties = (component.properties ?? []).filter(({ name }) => name !== 'cdx:npm:package:development')
  return { ...component, scope: 'required', properties }
}

function refOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}@${version}`
}
