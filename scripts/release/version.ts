import { UsageError } from '../cli/usage-error.ts'

/** The version after `current`: one part of it is one more (`patch`, `minor`, `major`), or it is the given one, which must be later. */
export function nextVersion(current: string, wanted: string): string {
  const now = parts(current)
  if (now === undefined) throw new Error(`package.json has the version ${current}`)
  const [major, minor, patch] = now
  if (wanted === 'major') return `${major + 1}.0.0`
  if (wanted === 'minor') return `${major}.${minor + 1}.0`
  if (wanted === 'patch') return `${major}.${minor}.${patch + 1}`
  const given = parts(wanted)
  if (given === undefined)
    throw new UsageError(`${JSON.stringify(wanted)} is not patch, minor, major, or a version X.Y.Z`)
  const at = given.findIndex((part, index) => part !== now[index])
  if (at === -1 || (given[at] ?? 0) < (now[at] ?? 0)) throw new UsageError(`${wanted} is not later than ${current}`)
  return wanted
}

/** X.Y.Z without leading zeros (Semantic Versioning 2.0.0, section 2). There are no pre-releases here. */
function parts(version: string): readonly [number, number, number] | undefined {
  const [, major, minor, patch] = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/.exec(version) ?? []
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)]
}
