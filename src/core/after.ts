import type { Seconds } from './units.ts'

/** Resolves some seconds later. */
export function after(seconds: Seconds): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
}
