import { accessSync, constants, statfsSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'

/** Where Linux keeps files in memory. Elsewhere there is no such folder. */
const MEMORY = '/dev/shm'

/** 77 MB is the most that a run of all tests had there at once. */
const NEEDED_BYTES = 512 * 1_024 * 1_024

/**
 * Where the tests make their temporary files: in memory where there is enough of it, since databases wait for a disk. Otherwise, and
 * where TMPDIR names a folder, where Node makes them. A container has 64 MB at `/dev/shm` unless told otherwise.
 */
export function temporaryRoot(memory = MEMORY, neededBytes = NEEDED_BYTES): string {
  if (process.env['TMPDIR'] !== undefined) return tmpdir()
  try {
    accessSync(memory, constants.W_OK)
    const { bavail, bsize } = statfsSync(memory)
    return Math.min(bavail * bsize, freemem()) >= neededBytes ? memory : tmpdir()
  } catch {
    return tmpdir()
  }
}
