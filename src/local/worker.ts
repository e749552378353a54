import { handleControl } from './control.ts'
import { onlyByTls, withHandshake } from './handshake.ts'
import { type LocalEnv, LocalService } from './service.ts'

/** Lives as long as the isolate, which is as long as the process. */
let service: LocalService | undefined

function serviceOf(env: LocalEnv): LocalService {
  service ??= new LocalService(env, (line) => console.log(line))
  return service
}

/**
 * The Worker of `access-mtls/testing`: API and gateway as they are deployed, in one isolate, and a control surface for the test that
 * started it. Each of the three has a listener of its own. It is never deployed.
 */
export default {
  fetch: (request, env, context) => serviceOf(env).answer(request, context),
} satisfies ExportedHandler<LocalEnv>

/** The gateway, behind a TLS server. */
export const gateway = {
  fetch(request, env, context) {
    const handed = withHandshake(request, env.SECRET)
    return handed === undefined ? onlyByTls() : serviceOf(env).guard(handed, context)
  },
} satisfies ExportedHandler<LocalEnv>

/** For the process that started the Worker. */
export const control = {
  fetch: (request, env) => handleControl(request, serviceOf(env), env.SECRET),
} satisfies ExportedHandler<LocalEnv>
