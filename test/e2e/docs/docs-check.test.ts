import { describe, expect, it } from 'vitest'
import { blockFault, blocksOf, whyNotRun } from '../../../scripts/docs-check/blocks.ts'
import { runBlocks } from '../../../scripts/docs-check/run-blocks.ts'
import { runCommand, runScript } from '../support/server.ts'

/** `npm run docs:check`: the commands of the documents do what they say. */

const hasJq = await runCommand('jq', ['--version']).then(
  ({ code }) => code === 0,
  () => false,
)

it.skipIf(!hasJq)('the commands of all documents run (needs jq)', { timeout: 600_000 }, async () => {
  const { code, stdout, stderr } = await runScript('docs-check', [])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/\b(?!0 )\d+ blocks run, \d+ read, \d+ not run, 0 faults\n$/)
})

const sh = (text: string) => blocksOf(`text\n\n\`\`\`sh\n${text}\n\`\`\`\n`)

describe('a document', () => {
  it('has blocks with their lines, and reasons not to run them', () => {
    const markdown = [
      '# Title',
      '```sh',
      'one',
      '```',
      '<!-- not run: it takes long -->',
      '```sh',
      'two',
      '```',
      '- item',
      '  ```json',
      '  {}',
      '  ```',
      '<!-- not run from here: it costs money -->',
      '```sh',
      'three',
      '```',
      '```sh',
      'four …',
      '```',
    ]
    const blocks = blocksOf(`${markdown.join('\n')}\n`)
    expect(blocks.map((block) => [block.language, block.text.trim(), block.line, whyNotRun(block)])).toEqual([
      ['sh', 'one', 2, undefined],
      ['sh', 'two', 6, 'it takes long'],
      ['json', '{}', 10, undefined],
      ['sh', 'three', 14, 'it costs money'],
      ['sh', 'four …', 17, 'it costs money'],
    ])
  })

  it.each([
    ['json', '{"a": 1,}'],
    ['toml', 'a = '],
    ['ts', 'const = 1'],
  ])('is refused for a malformed block of %s', async (language, text) => {
    expect(await blockFault({ language, text, line: 1, notRun: undefined })).toMatch(`is no ${language}`)
    expect(await blockFault({ language, text: `${text} …`, line: 1, notRun: undefined })).toBeUndefined()
  })

  it('fails with the block whose command fails, and what it printed', { timeout: 120_000 }, async () => {
    const blocks = [...sh('echo one; X=1'), ...sh('test "$X" = 1\necho two >&2\nfalse\necho three'), ...sh('echo four')]
    const failed = await runBlocks(blocks)
    expect(failed?.block).toBe(blocks[1])
    expect(failed?.output).toContain('exit 1')
    expect(failed?.output).toContain('two')
    expect(failed?.output).not.toMatch(/one|three|four/)
  })

  it('fails where the service refuses a request', { timeout: 120_000 }, async () => {
    const wrong = 'curl "$SERVER/client/v4/accounts/$ACCOUNT_ID/access/certificates" -H "Authorization: Bearer wrong"'
    expect((await runBlocks(sh(wrong)))?.output).toContain('Authentication error')
    expect(await runBlocks(sh(wrong.replace('Bearer wrong', 'Bearer $TOKEN')))).toBeUndefined()
  })
})
