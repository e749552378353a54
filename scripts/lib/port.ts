import { createServer } from 'node:net'
import { UsageError } from './usage-error.ts'

/**
 * Refuses a port that is taken, naming the option for another one: servers would move to the next port silently, and
 * what is printed would be wrong.
 */
export async function assertFree(host: string, port: number, option: string): Promise<void> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', () =>
      reject(new UsageError(`port ${port} is taken; ${option} takes another one, from 1 to 65535`)),
    )
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}
