/** The header in which the TLS front tells the entry Worker, on 127.0.0.1, of the handshake: `<secret of the run> <JSON>`. */
export const HANDSHAKE_HEADER = 'access-mtls-dev-handshake'
