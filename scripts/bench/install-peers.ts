import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { PROJECT } from '../wrangler/wrangler.ts'

/** A package of its own, so that nothing in it is a dependency of the project. */
const FOLDER = 'scripts/bench/peers'

/** The Worker of the peers, under the project: with those that `installPeers` installs, or without. */
export function peersEntry(installed: boolean): string {
  return installed ? `${FOLDER}/worker.js` : 'scripts/bench/worker/peers.ts'
}

/** Installs what the lock file says, without install scripts. Whether that worked; npm's own words are on standard error. */
export function installPeers(): boolean {
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: join(PROJECT, FOLDER),
    stdio: ['ignore', 2, 2],
    // npm is a script there.
    shell: process.platform === 'win32',
  })
  return status === 0
}
