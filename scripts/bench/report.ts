import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { PROJECT } from '../wrangler/wrangler.ts'
import type { Figure, Unit } from './figure.ts'

/** All that a run says. */
export interface Report {
  /** When it began, RFC 3339. */
  readonly at: string
  readonly quick: boolean
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly memoryGb: number
    /** Of the minute before the run: what the machine did besides. Zero on Windows. */
    readonly loadAverage: number
  }
  readonly versions: Readonly<Record<string, string>>
  readonly figures: readonly Figure[]
}

/** What the run is made on; taken before it begins. */
export function surroundings(now: Date, quick: boolean): Omit<Report, 'figures'> {
  return {
    at: now.toISOString(),
    quick,
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    },
    versions: {
      node: process.version.slice(1),
      ...Object.fromEntries(['workerd', 'miniflare', 'wrangler'].map((name) => [name, versionOf(name)])),
    },
  }
}

function versionOf(name: string): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(`${PROJECT}/node_modules/${name}/package.json`, 'utf8'),
  )
  return version
}

const HEADINGS = ['', 'median', 'floor', 'median', 'ratio'] as const

/** The report for a person: aligned, a line a figure. */
export function inWords({ at, quick, machine, versions, figures }: Report): string {
  const { cpu, cores, memoryGb, loadAverage } = machine
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const rows = figures.map((figure) => cells(figure))
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 || i === 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  const lines = [
    `${at}, ${cpu}, ${cores} cores, ${memoryGb} GB, load ${loadAverage}`,
    used.join(', '),
    ...(quick ? ['--quick: orders of magnitude only'] : []),
    '',
    line(HEADINGS),
  ]
  for (const [i, figure] of figures.entries()) {
    if (figure.section !== figures[i - 1]?.section) lines.push(figure.section)
    lines.push(line(rows[i] ?? []))
  }
  return lines.join('\n')
}

function cells({ name, unit, median, floor, ratio }: Figure): readonly string[] {
  return [
    `  ${name}`,
    quantity(median, unit),
    floor?.name ?? '',
    floor === undefined ? '' : quantity(floor.median, unit),
    ratio === undefined ? '' : ratio.toFixed(2),
  ]
}

function quantity(value: number, unit: Unit | 's'): string {
  if (unit === 'µs' && value >= 1_000) return quantity(value / 1_000, 'ms')
  if (unit === 'ms' && value >= 1_000) return quantity(value / 1_000, 's')
  const digits = value < 100 && unit !== 'bytes' && unit !== 'loads' ? 1 : 0
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`
}
