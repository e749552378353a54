/** The octets of base64, wherever this runs: Node 22 has no Uint8Array.fromBase64. */
export function fromBase64(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
