import { X509Certificate } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, parse } from 'node:path'
import { fromBase64 } from '../../src/core/bytes.ts'
import { kindOfDer, privateKeyIn } from '../../src/x509/text/index.ts'
import { userPath } from '../cli/arguments.ts'
import { apiText, isDer, readFile } from '../cli/file.ts'
import { UsageError } from '../cli/usage-error.ts'

/** A client's certificate with what it sends along, as its files have them: PEM, or base64 of DER. */
export interface ClientFile {
  readonly file: string
  /** The file beside that has the chain. */
  readonly chainFile: string | undefined
  readonly certificate: string
  readonly chain: string
  /** Of the certificate; empty where it cannot be read. */
  readonly subject: string
}

/** A file that is no client's certificate, and what it is. */
export interface OtherFile {
  readonly file: string
  readonly why: string
}

/** What was found in a folder. */
export interface FoundFiles {
  readonly clients: readonly ClientFile[]
  readonly others: readonly OtherFile[]
}

/** Largest file that is read, in bytes: 16 certificates of 6 KB in PEM. */
const MAX_BYTES = 128 * 1_024

/**
 * Reads the clients' certificates of a folder, or of one file, in the order of their names. The first certificate of a file is the
 * client's, as a TLS client sends them; the others are its chain. Where there is one alone, the chain is that of the file beside with the
 * same name and `-chain` or `.chain`, or `chain` for all. Keys are never part of what is returned.
 */
export function readClientFiles(path: string): FoundFiles {
  const [folder, names] = listed(path)
  const read = names.map((name) => ({ name, content: contentOf(join(folder, name)) }))
  const chains = new Map(
    read.flatMap(({ name, content }) =>
      isChain(name) && typeof content !== 'string'
        ? [[parse(name).name.toLowerCase(), { file: name, text: content.join('') }] as const]
        : [],
    ),
  )
  const clients: ClientFile[] = []
  const others: OtherFile[] = []
  for (const { name, content } of read) {
    if (isChain(name) && typeof content !== 'string') continue
    const why = typeof content === 'string' ? content : whyNoClient(content[0])
    if (typeof content === 'string' || why !== undefined) {
      others.push({ file: name, why: why ?? '' })
      continue
    }
    const [certificate = '', ...rest] = content
    const beside = rest.length > 0 ? undefined : chainBeside(chains, parse(name).name.toLowerCase())
    const chain = beside?.text ?? rest.join('')
    clients.push({
      file: name,
      chainFile: beside?.file,
      certificate,
      chain,
      subject: certificateOf(certificate)?.name ?? '',
    })
  }
  return { clients, others }
}

/** A folder and the names of the files in it; of a file, its folder, its own name and those of chains beside it. */
function listed(path: string): readonly [string, readonly string[]] {
  const full = userPath(path)
  try {
    const isFolder = statSync(full).isDirectory()
    const folder = isFolder ? full : dirname(full)
    const files = readdirSync(folder).filter((name) =>
      statSync(join(folder, name), { throwIfNoEntry: false })?.isFile(),
    )
    return [folder, files.filter((name) => isFolder || name === basename(full) || isChain(name)).sort()]
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** The certificates of a file, or what it is instead. */
function contentOf(path: string): readonly string[] | string {
  const octets = octetsOf(path)
  if (typeof octets === 'string') return octets
  const text = apiText(octets)
  if (isDer(octets)) return derContent(octets, text, path)
  const blocks = text.match(PEM_CERTIFICATE)
  if (blocks !== null) return blocks.map((block) => `${block.trim()}\n`)
  return privateKeyIn(text) === undefined ? 'no certificate in it' : 'a private key'
}

/** The octets of a file, or why it is not read: beside certificates lie keys that only their owner can read. */
function octetsOf(path: string): Uint8Array | string {
  if (statSync(path).size > MAX_BYTES) return `larger than ${MAX_BYTES} bytes`
  try {
    return readFile(path, MAX_BYTES)
  } catch (error) {
    if (error instanceof UsageError) return 'it cannot be read'
    throw error
  }
}

/** A certificate up to its end, or, where that is missing, up to the next block: the API says what is wrong with it then. */
const PEM_CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*(?:-----END (?:TRUSTED |X509 )?CERTIFICATE-----)?/g

function derContent(octets: Uint8Array, base64: string, path: string): readonly string[] | string {
  const kind = kindOfDer(octets)
  if (kind === 'certificate' || kind === 'trusted_certificate') return [base64]
  // A broken certificate is not passed over in silence.
  if (kind === undefined && /\.(?:cer|crt|der)$/i.test(path)) return [base64]
  return kind === undefined ? 'no certificate in it' : `not a certificate: ${kind.replaceAll('_', ' ')}`
}

function isChain(name: string): boolean {
  return /^(?:.+[.-])?chain$/i.test(parse(name).name)
}

function chainBeside<T>(chains: ReadonlyMap<string, T>, stem: string): T | undefined {
  return chains.get(`${stem}-chain`) ?? chains.get(`${stem}.chain`) ?? chains.get('chain')
}

/** Why a certificate is not that of a client; undefined where it may be one. */
function whyNoClient(certificate = ''): string | undefined {
  return certificateOf(certificate)?.isCa === true ? "a CA's certificate" : undefined
}

/** What this Node reads of a certificate; undefined where it cannot. Only for people: the API decides. */
function certificateOf(text: string): { readonly name: string; readonly isCa: boolean } | undefined {
  try {
    const { subject, ca } = new X509Certificate(text.startsWith('-') ? text : fromBase64(text))
    return { name: subject.split('\n').join(', '), isCa: ca }
  } catch {
    return undefined
  }
}
