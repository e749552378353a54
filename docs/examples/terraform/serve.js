/** Runs access-mtls for Terraform, also behind HTTPS, until Ctrl-C; writes where it is into the folders of both configurations. */
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import { startAccessMtls, testCa } from 'access-mtls/testing'

const [port = '8787', httpsPort = '8788'] = process.argv.slice(2)
const service = await startAccessMtls({ port: Number(port), log: console.log })

// A new root, to be registered.
const { certificate } = await testCa({ subject: 'Example root' })
const values = { account_id: service.accountId, api_token: service.token, certificate }
for (const [folder, where] of [
  ['provider-4', { api_hostname: `localhost:${httpsPort}` }],
  ['provider-5', { base_url: `${service.url}/client/v4` }],
]) {
  writeFileSync(`${folder}/service.auto.tfvars.json`, JSON.stringify({ ...values, ...where }, null, 2))
}

// Provider 4 speaks HTTPS only.
const httpsCa = await testCa({ subject: 'CA of the service on this machine' })
writeFileSync('https-ca.pem', httpsCa.certificate)
const server = await httpsCa.issue({ extendedKeyUsage: ['serverAuth'], subjectAltName: ['DNS:localhost'] })
createServer({ key: server.key, cert: server.certificate }, (incoming, outgoing) => {
  const { method, url, headers } = incoming
  const passedOn = request(service.url + url, { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers)
    answer.pipe(outgoing)
  })
  incoming.pipe(passedOn.on('error', () => outgoing.destroy()))
}).listen(Number(httpsPort), '127.0.0.1', () => console.log('Ready for terraform apply. Ctrl-C ends it.'))
