import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const read = (file: string) => readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8')
const workflow = read('.github/workflows/ci.yml')

describe('.github/workflows/ci.yml', () => {
  it('runs with the oldest Node that the README allows for a checkout', () => {
    const [, oldest] = /a checkout: Node (\d+) or newer/.exec(read('README.md')) ?? []
    expect(/node-version: (\d+)$/m.exec(workflow)?.[1]).toBe(oldest)
  })

  it('uses actions by commit, and names their version', () => {
    const uses = workflow.match(/uses: .*/g) ?? []
    expect(uses.length).toBeGreaterThan(0)
    expect(uses.filter((action) => !/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([])
  })

  it('may read the repository, and nothing else', () => {
    expect(workflow).toMatch(/^permissions:\n {2}contents: read\n\n/m)
    expect(workflow.match(/permissions:/g)).toHaveLength(1)
  })
})
