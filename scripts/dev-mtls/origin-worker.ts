/** The service behind the gateway: says what it received, echoes bodies sent to /echo, and messages of WebSockets. */
export default {
  fetch(request) {
    const { pathname, search } = new URL(request.url)
    if (request.headers.get('upgrade') === 'websocket') return echoMessages()
    if (pathname === '/echo') return new Response(request.body)
    const received = { method: request.method, path: pathname + search, headers: Object.fromEntries(request.headers) }
    return new Response(`${JSON.stringify(received, null, 2)}\n`, { headers: { 'content-type': 'application/json' } })
  },
} satisfies ExportedHandler

function echoMessages(): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  server.addEventListener('message', ({ data }) => server.send(data))
  server.addEventListener('close', ({ code, reason }) => server.close(code === 1005 ? 1000 : code, reason))
  return new Response(null, { status: 101, webSocket: client })
}
