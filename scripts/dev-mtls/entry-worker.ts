/** Stands where Cloudflare's edge stands: gives the gateway the request with what the TLS handshake left in `request.cf`. */
import { onlyByTls, withHandshake } from '../../src/local/handshake.ts'

interface Env {
  readonly GATEWAY: Fetcher
  readonly SECRET: string
}

export default {
  fetch(request, { GATEWAY, SECRET }) {
    const handed = withHandshake(request, SECRET)
    return handed === undefined ? onlyByTls() : GATEWAY.fetch(handed)
  },
} satisfies ExportedHandler<Env>
