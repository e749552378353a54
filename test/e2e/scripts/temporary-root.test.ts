import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { temporaryRoot } from '../../../scripts/cli/temporary-root.ts'
import { temporaryFolder } from '../support/server.ts'

/** Stands for the folder in memory. */
const folder = temporaryFolder()

// `npm test` sets it.
beforeEach(() => vi.stubEnv('TMPDIR', undefined))
afterEach(() => vi.unstubAllEnvs())
afterAll(() => folder.remove())

it('is in memory where there is enough', () => {
  expect(temporaryRoot(folder.path, 1)).toBe(folder.path)
})

it.each([
  ['does not exist', join(folder.path, 'missing'), 1],
  ['has too little space', folder.path, Number.MAX_SAFE_INTEGER],
])('is the ordinary folder where the one in memory %s', (_, memory, neededBytes) => {
  expect(temporaryRoot(memory, neededBytes)).toBe(tmpdir())
})

it('is what TMPDIR says', () => {
  vi.stubEnv('TMPDIR', '/var/tmp')
  expect(temporaryRoot(folder.path, 1)).toBe('/var/tmp')
})
