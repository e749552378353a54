import { createServer, isIPv4, isIPv6 } from 'node:net'
import { UsageError } from './usage-error.ts'

/**
 * Refuses a port that is taken or cannot be had, naming the option for another one: servers would move to the next port silently, and
 * what is printed would be wrong.
 */
export async function assertFree(host: string, port: number, option: string): Promise<void> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(
        new UsageError(
          code === 'EADDRINUSE'
            ? `port ${port} is taken; ${option} takes another one, from 1 to 65535`
            : `this machine cannot listen on ${host}, port ${port} (${code})`,
        ),
      ),
    )
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}

/** Whether only this machine can reach an IP address. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'))
}

/** Where this machine reaches what listens on an IP address, as the host of a URL. */
export function urlHost(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  if (address === '::') return '[::1]'
  return isIPv6(address) ? `[${address}]` : address
}
