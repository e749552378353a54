/** `npm run docs:check`: runs every fenced command of the documents that can run, and reads the other fenced blocks. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runMain, UsageError } from './cli/usage-error.ts'
import { type Block, blockFault, blocksOf, whyNotRun } from './docs-check/blocks.ts'
import { runBlocks } from './docs-check/run-blocks.ts'
import { PROJECT } from './wrangler/wrangler.ts'

const HELP = `npm run docs:check -- [DOCUMENT...]

Runs the \`\`\`sh blocks of README.md and docs/ in one bash for each document, in a temporary folder, beside a service with a gateway that
is started for it. SERVER, ACCOUNT_ID, ZONE_ID, TOKEN, GATEWAY_PORT and GATEWAY_CA name it. Any command that fails fails the document, and
so does an HTTP status from 400 on. Blocks that cannot run say why in a comment before them, <!-- not run: reason -->; they are listed.
Blocks of json, toml, js and ts are parsed. Links are checked by npm test (test/docs.test.ts).`

const DOCUMENTS = ['README.md', ...['docs', 'docs/guides'].flatMap(markdownIn)]

const counts = { run: 0, read: 0, skipped: 0 }
const faults: string[] = []

await runMain(async () => {
  const given = process.argv.slice(2)
  if (given.includes('--help')) return console.log(HELP)
  const unknown = given.find((document) => !DOCUMENTS.includes(document))
  if (unknown !== undefined) throw new UsageError(`${unknown} is none of ${DOCUMENTS.join(', ')}`)
  for (const document of given.length > 0 ? given : DOCUMENTS) {
    const blocks = blocksOf(readFileSync(join(PROJECT, document), 'utf8'))
    const [commands, others] = [true, false].map((isCommand) =>
      blocks.filter(({ language }) => (language === 'sh') === isCommand),
    )
    await read(document, others ?? [])
    await run(document, commands ?? [])
  }
  for (const fault of faults) console.error(`\n${fault}`)
  console.log(`${counts.run} blocks run, ${counts.read} read, ${counts.skipped} not run, ${faults.length} faults`)
  if (faults.length > 0) process.exitCode = 1
})

async function read(document: string, blocks: readonly Block[]): Promise<void> {
  counts.read += blocks.length
  for (const block of blocks) {
    const fault = await blockFault(block)
    if (fault !== undefined) faults.push(`${document}:${block.line}: ${fault}`)
  }
}

async function run(document: string, blocks: readonly Block[]): Promise<void> {
  for (const block of blocks) {
    const why = whyNotRun(block)
    if (why !== undefined) console.log(`not run: ${document}:${block.line} (${why})`)
  }
  const runnable = blocks.filter((block) => whyNotRun(block) === undefined)
  counts.skipped += blocks.length - runnable.length
  counts.run += runnable.length
  if (runnable.length === 0) return
  const failed = await runBlocks(runnable)
  if (failed === undefined) console.log(`ran: ${document}, ${runnable.length} blocks`)
  else faults.push(`${document}:${failed.block.line}: ${failed.output}`)
}

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(PROJECT, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `${folder}/${file}`)
}
