/** `npm run admin -- …`: accounts, zones and credentials of a database, and commands that send files to a running service. */
import { selectAccounts, selectCredentials, selectZones } from '../src/store/provisioning.ts'
import { caAdd } from './admin/ca.ts'
import { changesVerify } from './admin/changes.ts'
import { check } from './admin/check.ts'
import type { Command } from './admin/command.ts'
import { deleteOne, keyCreate, rotate, setStatus, tokenCreate } from './admin/credentials.ts'
import { crlPush } from './admin/crl.ts'
import { list } from './admin/list.ts'
import { accountQuota } from './admin/quotas.ts'
import { accountAdd, deleteScope, switchAccess, zoneAdd } from './admin/scopes.ts'
import { refusable } from './admin/server.ts'
import { status } from './admin/status.ts'
import { wordPositions } from './cli/arguments.ts'
import { runMain, UsageError } from './cli/usage-error.ts'

const HELP = `npm run admin -- <command> [options], in any order

  account add --name NAME [--quota N] [--disabled] [--id HEX]
  account disable ID | enable ID | delete ID
  account quota ID [--certificates N] [--hostnames N] [--settings N] [--modes N]
                   [--blocked-serials N] [--crls N] [--crl-entries N]
  account list
  zone add --account ID --domain DOMAIN [--disabled] [--id HEX] [--public-suffix]
  zone disable ID | enable ID | delete ID
  zone list
  token create --account ID | --zone ID [--permission read|write] [--name NAME]
               [--not-before TIME] [--expires TIME|never]
  token rotate ID [--expires TIME|never]
  token disable ID | enable ID | delete ID
  token list
  key create --email EMAIL --account ID | --zone ID [--permission read|write] [--name NAME]
             [--not-before TIME] [--expires TIME|never]
  key rotate ID [--expires TIME|never]
  key disable ID | enable ID | delete ID
  key list
  changes verify ID [--seal HEX]

  ca add FILE --hostname H [--hostname H …] [--name NAME]
  crl push FILE [--certificate ID]
  check DIR --hostname H [--at TIME]
  status [HOSTNAME]

--account and --zone may be given several times; a grant on an account covers its zones.
--permission is read unless given; write includes read. --quota is 50 unless given.
--expires (or --expires-on) is a year from now, or from --not-before, unless given.
TIME is RFC 3339, such as 2027-01-31T00:00:00Z. ID and HEX are 32 lower-case hex digits.

account quota shows each quota of an account and its zones, and how much of it is used. It sets
the quotas that you give; a quota below what exists deletes nothing. --quota of account add is that
of certificates.

zone add refuses a domain under which everybody registers names (publicsuffix.org): co.uk always,
one such as workers.dev unless --public-suffix says that it is yours.
A disabled account or zone answers "not enabled", and the gateway lets nobody in at its hostnames.
delete refuses an account or a zone while something hangs on it, and says what.
rotate makes another secret for the same id and grants; the old one is void at once. To have both
for a while, create a second token, and delete the first one later. The time to expire stays,
unless --expires is given.

changes verify checks that an account's record of changes (GET …/changes) is as it was sealed: no change
is altered, missing or added. --seal is a seal that you kept, from the log (changes_sealed) or from an
earlier verification; without it, a chain that was made anew as a whole is not found.

ca add registers the CA of a file at hostnames. crl push uploads the CRLs of a file to the certificate of their
issuer. check asks for every client's certificate in a folder, or in one file, who gets in at a hostname, and says
why others do not; exit code 1 if one does not. The first certificate of a file is the client's, the others its
chain; the chain of a.pem may be in a-chain.pem, or in chain.pem for all. Files may be PEM or DER. No key is sent.
status shows mode, CAs with the days that they have left, their CRLs, and what happens next, for each hostname.
These commands ask a running service:
  --server URL       where it answers (default http://127.0.0.1:8787, as npm start)
  --token TOKEN      or the variable ACCESS_MTLS_TOKEN, which other users of this machine cannot see
  --account ID | --zone ID   unless the token may see one only

Which database, for the other commands:
  --persist-to DIR   the local one in this folder (default .wrangler/state, as npm start);
                     works beside a running server
  --remote           the deployed one, with wrangler's login
Output:
  --json             one JSON object
  --help             this text

Tokens and keys are shown once: only their SHA-256 is stored.`

const COMMANDS: Readonly<Record<string, Command>> = {
  'account add': accountAdd,
  'changes verify': changesVerify,
  'account enable': switchAccess('accounts', true),
  'account disable': switchAccess('accounts', false),
  'account delete': deleteScope('accounts'),
  'account quota': accountQuota,
  'account list': list('accounts', selectAccounts()),
  'zone add': zoneAdd,
  'zone enable': switchAccess('zones', true),
  'zone disable': switchAccess('zones', false),
  'zone delete': deleteScope('zones'),
  'zone list': list('zones', selectZones()),
  'token create': tokenCreate,
  'token rotate': rotate('token'),
  'token enable': setStatus('token', 'active'),
  'token disable': setStatus('token', 'disabled'),
  'token delete': deleteOne('token'),
  'token list': list('tokens', selectCredentials('token')),
  'key create': keyCreate,
  'key rotate': rotate('key'),
  'key enable': setStatus('key', 'active'),
  'key disable': setStatus('key', 'disabled'),
  'key delete': deleteOne('key'),
  'key list': list('keys', selectCredentials('key')),
  'ca add': refusable(caAdd),
  'crl push': refusable(crlPush),
  check: refusable(check),
  status: refusable(status),
}

/** The options that take no value. */
const FLAGS: ReadonlySet<string> = new Set([
  '--json',
  '--remote',
  '--help',
  '-h',
  '--disabled',
  '--public-suffix',
  '--',
])

await runMain(async () => {
  const args = process.argv.slice(2)
  const words = wordPositions(args, FLAGS)
  if (args.includes('--help') || args.includes('-h') || words.length === 0) {
    console.log(HELP)
    if (words.length === 0 && !args.includes('--help') && !args.includes('-h')) process.exitCode = 2
    return
  }
  // A command has two words, or one.
  const nameOf = (called: readonly number[]) => called.map((at) => args[at]).join(' ')
  const twoWords = words.slice(0, 2)
  const called = Object.hasOwn(COMMANDS, nameOf(twoWords)) ? twoWords : words.slice(0, 1)
  const command = Object.hasOwn(COMMANDS, nameOf(called)) ? COMMANDS[nameOf(called)] : undefined
  if (command === undefined) {
    throw new UsageError(`no command "${nameOf(twoWords)}"; commands: ${Object.keys(COMMANDS).join(', ')}`)
  }
  const { object, text } = await command(args.filter((_, at) => !called.includes(at)))
  console.log(args.includes('--json') ? JSON.stringify(object) : text)
})
