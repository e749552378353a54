import { verifyChain } from '../../src/registry/changes/verify-chain.ts'
import { UsageError } from '../cli/usage-error.ts'
import { execute } from '../wrangler/database.ts'
import { type Output, readIdentified, target } from './command.ts'

/** `changes verify`: whether the record of changes of an account is as it was sealed. */
export async function changesVerify(args: readonly string[]): Promise<Output> {
  const { values, id } = readIdentified('changes verify', args, { seal: { type: 'string' } })
  const { seal, ...database } = values
  if (seal !== undefined && !/^[0-9a-f]{64}$/.test(seal)) {
    throw new UsageError(
      '--seal takes a seal: 64 lower-case hexadecimal digits, from the log or from an earlier verification',
    )
  }
  const read = async (...[statement]: Parameters<Parameters<typeof verifyChain>[0]>) => {
    const [rows = []] = await execute(target(database), [statement])
    return rows
  }
  const { changes, unsealed, head, faults } = await verifyChain(read, id, seal)
  if (faults.length > 0) {
    process.exitCode = 1
    return { object: { id, changes, unsealed, head, faults }, text: faults.join('\n') }
  }
  const sealed = changes - unsealed
  const text = `${sealed} sealed, as they were sealed; ${unsealed} not sealed yet\nseal: ${head === '' ? 'none' : head}`
  return { object: { id, changes, unsealed, head, faults }, text }
}
