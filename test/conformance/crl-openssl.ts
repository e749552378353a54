import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConformanceCase } from '../../scripts/conformance/case.ts'
import type { Bytes } from '../../src/testing/der.ts'

/** Sections for `openssl ca -gencrl`; ca(1) and x509v3_config(5) describe each extension line. */
const CONFIG = `
[ca]
default_ca = plain
[plain]
database = index.txt
new_certs_dir = .
serial = serial
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = policy
crlnumber = crlnumber
x509_extensions = client
unique_subject = no
[policy]
commonName = supplied
[client]
extendedKeyUsage = clientAuth
[with_key_identifier]
authorityKeyIdentifier = keyid:always
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
`

/** A CA of `openssl ca`, in its own folder. */
export class OpensslCa {
  readonly #folder = mkdtempSync(join(tmpdir(), 'access-mtls-ca-'))

  remove(): void {
    rmSync(this.#folder, { recursive: true })
  }

  /** @param key the argument of `openssl req -newkey`, with its options */
  async begin(key: readonly string[]): Promise<void> {
    this.#write('ca.cnf', CONFIG)
    this.#write('index.txt', '')
    this.#write('serial', '00AB')
    this.#write('crlnumber', '1000')
    const made = ['-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/O=Example/CN=Root', '-days', '300']
    await this.#run(['req', '-x509', '-config', 'ca.cnf', '-extensions', 'root', '-newkey', ...key, ...made])
  }

  get certificate(): string {
    return this.#read('ca.pem').toString('utf8')
  }

  /** Issues a client certificate; returns its PEM. */
  async issue(name: string): Promise<string> {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`]
    await this.#run(['req', '-new', '-config', 'ca.cnf', ...key, '-subj', `/CN=${name}`, '-out', `${name}.csr`])
    await this.#run(['ca', '-batch', '-config', 'ca.cnf', '-in', `${name}.csr`, '-out', `${name}.pem`, '-notext'])
    return this.#read(`${name}.pem`).toString('utf8')
  }

  /** @param reason options of ca(1), such as -crl_reason keyCompromise */
  async revoke(name: string, reason: readonly string[] = []): Promise<void> {
    await this.#run(['ca', '-config', 'ca.cnf', '-revoke', `${name}.pem`, ...reason])
  }

  /** The CRL in PEM, or in another form by `openssl crl`. */
  async crl(options: readonly string[] = [], form: readonly string[] = []): Promise<Bytes> {
    await this.#run(['ca', '-config', 'ca.cnf', '-gencrl', '-out', 'crl.pem', ...options])
    if (form.length === 0) return this.#read('crl.pem')
    await this.#run(['crl', '-in', 'crl.pem', ...form, '-out', 'crl.out'])
    return this.#read('crl.out')
  }

  /** A CRL without a crlnumber file. If it has no other extension, it has version 1. */
  async crlWithoutNumber(options: readonly string[] = []): Promise<Bytes> {
    this.#write('numberless.cnf', CONFIG.replace('crlnumber = crlnumber\n', ''))
    await this.#run(['ca', '-config', 'numberless.cnf', '-gencrl', '-out', 'crl.pem', ...options])
    return this.#read('crl.pem')
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), text)
  }

  #read(name: string): Buffer {
    return readFileSync(join(this.#folder, name))
  }

  async #run(args: readonly string[]): Promise<void> {
    const { code, output } = await run(args, this.#folder)
    if (code !== 0) throw new Error(`openssl ${args.join(' ')}: ${output}`)
  }
}

/** `openssl verify` of a case with its CRLs: it checks the leaf, or the whole path if there are intermediates. */
export async function verifyWithCrls(given: ConformanceCase): Promise<{ accepted: boolean; error: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'access-mtls-crl-'))
  try {
    const file = (name: string, pems: readonly string[]) => {
      writeFileSync(join(folder, name), pems.join(''))
      return name
    }
    const intermediates = given.untrusted_intermediates
    const args = ['verify', '-purpose', 'sslclient', '-partial_chain', '-no-CApath', '-no-CAstore']
    args.push('-attime', String(Date.parse(given.validation_time ?? '') / 1000))
    args.push(intermediates.length > 0 ? '-crl_check_all' : '-crl_check')
    args.push('-CAfile', file('anchors.pem', given.trusted_certs))
    if (given.crls?.length) args.push('-CRLfile', file('crls.pem', given.crls))
    if (intermediates.length > 0) args.push('-untrusted', file('untrusted.pem', intermediates))
    const { code, output } = await run([...args, file('leaf.pem', [given.peer_certificate])], folder)
    const error = /error \d+ at \d+ depth lookup: (.*)/.exec(output)?.[1] ?? output.trim()
    return { accepted: code === 0, error: code === 0 ? '' : error }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function run(args: readonly string[], cwd: string): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    execFile('openssl', [...args], { cwd }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error)
      else resolve({ code: Number(error?.code ?? 0), output: `${stdout}\n${stderr}` })
    })
  })
}
