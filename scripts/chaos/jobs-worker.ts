import type { Env } from '../../src/core/config.ts'
import type { LogEntry } from '../../src/core/log.ts'
import { runJobs } from '../../src/jobs/index.ts'

/**
 * Runs the jobs of the cron trigger at a given time, for the process that started this Worker: nobody else knows the secret. Answers
 * with the causes of those that failed.
 */
export default {
  async fetch(request, env) {
    if (request.headers.get('authorization') !== env.SECRET) return new Response(null, { status: 401 })
    const { now }: { now: number } = await request.json()
    const causes: string[] = []
    const log = ({ cause }: LogEntry) => {
      if (cause !== undefined) causes.push(String(cause))
    }
    const fetcher = () => Promise.reject(new Error('nothing is fetched here'))
    const ambient = {
      now,
      clock: () => now,
      clockMs: () => now * 1_000,
      newId: () => crypto.randomUUID(),
      log,
      fetcher,
    }
    await runJobs(env, ambient).catch(() => undefined)
    return Response.json(causes)
  },
} satisfies ExportedHandler<Env & { readonly SECRET: string }>
