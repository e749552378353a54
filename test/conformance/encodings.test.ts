import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROJECT } from '../../scripts/wrangler/wrangler.ts'
import { type Bytes, nul } from '../../src/testing/der.ts'
import { basicConstraints, extension, extKeyUsage } from '../../src/testing/extensions.ts'
import { EXTENSION } from '../../src/x509/asn1/oids.ts'
import { readCertificate } from '../../src/x509/certificate/certificate.ts'
import { criticalExtensionFaults, extensionName } from '../../src/x509/certificate/extensions.ts'
import { caFaults } from '../../src/x509/upload/ca-rules.ts'
import { disagreement } from '../../src/x509/upload/second-decoder.ts'
import { certificate } from '../support/pki.ts'
import {
  CLIENT_AUTH_OID,
  DIGITAL_SIGNATURE,
  decide,
  type Issued,
  type IssueParts,
  issue,
  issueLeaf,
  KEY_CERT_SIGN,
} from '../support/x509/chain.ts'
import { GOOD } from '../support/x509/good-extensions.ts'
import { ENCODINGS, type Encoding } from './encodings.ts'

/** A row of the table in docs/conformance.md: the encoding, whether it is accepted, the reason. */
const ROW = /^\| (.+) \| (read|refused|read in clients, refused in CAs) \| .+ \|$/gm

/** The table whose first column has this heading. */
function table(heading: string): string {
  const [, section = ''] = readFileSync(join(PROJECT, 'docs/conformance.md'), 'utf8').split(`| ${heading} |`)
  return section.split('\n\n')[0] ?? ''
}

const TABLE = new Map([...table('what is written').matchAll(ROW)].map(([, what = '', here = '']) => [what, here]))

const root = await issue({ cn: 'Root' })

/** The parts of a certificate of a role, with the odd encoding. */
function oddParts(cn: string, own: readonly Bytes[], { parts, more = [] }: Encoding): IssueParts {
  return { cn, extensions: parts?.extensions === null ? null : [...own, ...more], ...parts }
}

const issuerFor = async ({ rootKeys }: Encoding) => (rootKeys ? issue({ cn: 'Root', keys: rootKeys }) : root)
const leafWith = async (encoding: Encoding) =>
  issueLeaf(await issuerFor(encoding), oddParts('client', [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID)], encoding))
const caWith = (encoding: Encoding, by?: Issued) =>
  issue({ ...oddParts('CA', [basicConstraints(true), KEY_CERT_SIGN], encoding), ...(by && { by }) })

async function asClient(encoding: Encoding): Promise<string> {
  const verdict = await decide({ leaf: await leafWith(encoding), anchors: [await issuerFor(encoding)] })
  return verdict.accepted ? 'read' : verdict.code
}

async function asIntermediate(encoding: Encoding): Promise<string> {
  const top = await issuerFor(encoding)
  const middle = await caWith(encoding, top)
  const verdict = await decide({ leaf: await issueLeaf(middle), chain: [middle], anchors: [top] })
  return verdict.accepted ? 'read' : verdict.code
}

async function asUpload(encoding: Encoding): Promise<string> {
  const read = readCertificate((await caWith(encoding, encoding.rootKeys && (await issuerFor(encoding)))).der)
  if (!read.ok) return read.error.reason
  return caFaults(read.value)[0]?.reason ?? (disagreement(read.value) === undefined ? 'read' : 'decoders_disagree')
}

describe('docs/conformance.md says of each encoding whether it is accepted', () => {
  it('lists the encodings that are made here, and no other', () => {
    expect([...TABLE.keys()].sort()).toEqual([...new Set(ENCODINGS.map(({ what }) => what))].sort())
  })

  const refusals = /^(?:malformed_certificate|certificate_too_large|intermediate_unreadable|key_compressed)$/
  it.each(ENCODINGS.map((encoding) => [encoding.what, encoding.which ?? '', encoding] as const))(
    '%s %s',
    async (what, _which, encoding) => {
      const here = TABLE.get(what)
      const client = await asClient(encoding)
      const cas = encoding.clientsOnly ? [] : [await asIntermediate(encoding), await asUpload(encoding)]
      if (here === 'refused') expect(client).toMatch(refusals)
      else expect(client).toBe('read')
      for (const outcome of cas) {
        if (here === 'read') expect(outcome).toBe('read')
        else expect(outcome).toMatch(refusals)
      }
    },
  )
})

/** A row of the table of critical extensions: their names, and whether a sound one is accepted. */
const CRITICAL_ROW = /^\| ([\w, ]+) \| (processed|refused)[^|]* \| .+ \|$/gm

describe('docs/conformance.md says of each extension whether it may be critical', () => {
  const rows = new Map(
    [...table('critical extension').matchAll(CRITICAL_ROW)].flatMap(([, names = '', here = '']) =>
      names.split(', ').map((name) => [name, here] as const),
    ),
  )
  const nameOf = (key: keyof typeof EXTENSION) => extensionName(EXTENSION[key]) ?? ''
  const keys = Object.keys(EXTENSION) as (keyof typeof EXTENSION)[]

  it('lists each of RFC 5280 4.2, and any other', () => {
    expect([...rows.keys()].sort()).toEqual(['any other', ...keys.map(nameOf)].sort())
  })

  it.each(keys.map((key) => [nameOf(key), EXTENSION[key], GOOD[key]] as const))('%s', (name, id, value) => {
    expect(criticalFaults(extension(id, value, true))).toBe(rows.get(name) === 'processed' ? 0 : 1)
  })

  it('any other', () => expect(criticalFaults(extension('1.2.3', nul(), true))).toBe(1))
})

function criticalFaults(one: Bytes): number {
  const read = readCertificate(certificate({ extensions: [one] }))
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return criticalExtensionFaults(read.value.extensions).length
}
