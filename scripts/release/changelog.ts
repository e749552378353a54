import { UsageError } from '../cli/usage-error.ts'

/**
 * Gives what is under "Unreleased" a version and a date (Keep a Changelog 1.1), and leaves "Unreleased" empty. `notes` are the text of
 * the version.
 * @param date as 2027-01-31
 */
export function releaseChanges(changelog: string, version: string, date: string): { text: string; notes: string } {
  const [before, after, ...more] = changelog.split(/^## \[Unreleased\]\n/m)
  if (before === undefined || after === undefined || more.length > 0) {
    throw new UsageError('CHANGELOG.md needs the heading "## [Unreleased]", once')
  }
  if (after.includes(`\n## [${version}]`)) throw new UsageError(`CHANGELOG.md has ${version} already`)
  const notes = (after.split(/^## \[/m)[0] ?? '').trim()
  if (!/^- /m.test(notes))
    throw new UsageError('CHANGELOG.md has nothing under "Unreleased": there is nothing to release')
  return { text: `${before}## [Unreleased]\n\n## [${version}] - ${date}\n${after}`, notes }
}
