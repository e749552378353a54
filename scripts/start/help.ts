import { relative } from 'node:path'
import type { Parts } from './parts.ts'

export function help({ command, persistTo }: Parts): string {
  const kept = persistTo === undefined ? 'nowhere; the data is gone at the end' : relative('.', persistTo) || '.'
  return `${command} [options]

Serves the API on http://127.0.0.1:8787. The first run makes an account, the zone example.com and a token, and
prints a curl to paste.

  --port N            listen on another port; 0 for any that is free
  --host ADDRESS      listen on another address (default 127.0.0.1); in a container, 0.0.0.0
  --persist DIR       keep the database in this folder (default: ${kept})
  --seed FILE         fill an empty database with accounts, zones, tokens and certificates (JSON, docs/guides/test-against-it.md)
  --json              print one line of JSON when ready: url, account, zone, token; everything else goes to stderr
  --gateway           run the gateway too, behind a TLS server that asks for client certificates
  --gateway-port N    its port (default 8443; with --port 0, any that is free)
  --origin URL        where the gateway sends requests (default: a Worker that answers what it was sent)
  --inspect           open V8's inspector too, on a free port of 127.0.0.1; anyone who reaches it can read all tokens
  --version           print the version
  --help              this text

Offline, without telemetry. Ctrl-C ends it.`
}
