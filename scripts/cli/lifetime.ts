/** How often this process looks whether what started it is still there, in ms. */
const PARENT_CHECK_MS = 500

/**
 * Calls `stop` when this process is told to end; perhaps more than once. A signal that ends npm does not always reach
 * what npm runs; then this process gets a new parent, which counts as well.
 */
export function whenToldToEnd(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(), PARENT_CHECK_MS).unref()
}
