import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/**
 * Ends a process and everything below it. `wrangler dev` leaves its workerd running when a signal ends it alone, and
 * workerd keeps the port. Its process group cannot be signalled instead, since npm and the caller are in it too.
 */
export function endTree(root: number, signal: NodeJS.Signals = 'SIGTERM'): void {
  for (const pid of withDescendants(root)) {
    try {
      process.kill(pid, signal)
    } catch {
      // The process has ended in the meantime.
    }
  }
}

/** A process and everything below it at this moment. */
export function withDescendants(root: number): readonly number[] {
  const parents = existsSync('/proc/self/stat') ? parentsFromProc() : parentsFromPs()
  const tree = [root]
  // The list grows while it is walked, so that children of children follow.
  for (const pid of tree) tree.push(...parents.filter(([, parent]) => parent === pid).map(([child]) => child))
  return tree
}

/** Pairs of process and parent. On Linux from /proc: slim images have no `ps`. */
function parentsFromProc(): readonly (readonly [number, number])[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // `pid (command) state ppid …`; the command may hold anything, so the last parenthesis counts.
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const]
      } catch {
        return []
      }
    })
}

function parentsFromPs(): readonly (readonly [number, number])[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => {
      const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number)
      return [pid, parent] as const
    })
}
