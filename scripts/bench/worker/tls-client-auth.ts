import type { TlsClientAuth } from '../../../src/edge/handshake.ts'
import type { ClientChain } from '../job.ts'

/** What the handshake would have left of a chain. */
export function tlsClientAuth({ leaf, intermediates }: ClientChain): TlsClientAuth {
  return {
    certPresented: '1',
    certRFC9440: `:${leaf}:`,
    certRFC9440TooLarge: false,
    certChainRFC9440: intermediates.map((der) => `:${der}:`).join(', '),
    certChainRFC9440TooLarge: false,
  }
}
