import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A server of somebody else's kind, in a process of its own. */
export interface Peer {
  readonly url: URL
  stop(): void
}

/** Starts the server of `peer-process.ts`. */
export async function startPeer(): Promise<Peer> {
  const script = fileURLToPath(new URL('peer-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [port]: readonly string[] = await once(createInterface(child.stdout), 'line')
  return { url: new URL(`http://127.0.0.1:${port}/`), stop: () => child.kill() }
}
