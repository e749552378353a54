import { type IRequest, Router } from 'itty-router'
import { PREFIXES, toRoute } from '../api/router.ts'
import { ROUTES } from '../api/routes.ts'
import { nameOf } from '../web/operation.ts'

/** The operation that a request asks for. */
export interface Asked {
  /** As the log names it, such as `PUT access/certificates/{certificate_id}`. */
  readonly operation: string
  /** As the path has it: `accounts/{id}` or `zones/{id}`. */
  readonly scope: string
  readonly certificateId: string | undefined
}

/** The names of all operations. */
export const OPERATIONS: readonly string[] = ROUTES.map(nameOf)

const router = Router<IRequest, [], Asked>()
for (const one of ROUTES) {
  const method = one.method.toLowerCase() as Lowercase<typeof one.method>
  router[method](PREFIXES[one.namespace] + one.path, ({ params: { scope, scope_id, certificate_id } }) => ({
    operation: nameOf(one),
    scope: `${scope}/${scope_id}`,
    certificateId: certificate_id,
  }))
}

/** What a request asks for; undefined where no operation has its path and method. */
export async function askedBy(request: Request): Promise<Asked | undefined> {
  return await router.fetch(toRoute(request))
}
