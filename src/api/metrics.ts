import type { Metrics } from '../store/metrics-sql.ts'

/** The path of the figures for Prometheus. It has a token of its own: it tells of all accounts. */
export const METRICS_PATH = '/edge/v1/metrics'

/** The media type of Prometheus' text format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** The figures in Prometheus' text format. What is not known is left out. */
export function metricsText(metrics: Metrics): string {
  const lines = FIGURES.flatMap(([name, type, help, value]) => {
    const figure = value(metrics)
    return figure === undefined
      ? []
      : [`# HELP access_mtls_${name} ${help}`, `# TYPE access_mtls_${name} ${type}`, `access_mtls_${name} ${figure}`]
  })
  return `${lines.join('\n')}\n`
}

const FIGURES: readonly (readonly [
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  value: (metrics: Metrics) => number | undefined,
])[] = [
  ['certificates_added_total', 'counter', 'Records that were ever added.', ({ added }) => added],
  ['certificates_expired', 'gauge', 'CA certificates that are expired.', ({ expired }) => expired],
  ['certificates_expiring', 'gauge', 'CA certificates that expire within 30 days.', ({ expiringSoon }) => expiringSoon],
  ['next_expiry_timestamp_seconds', 'gauge', 'When the next CA certificate expires.', ({ nextExpiry }) => nextExpiry],
  ['crls_stale', 'gauge', 'Current CRLs past their nextUpdate.', ({ staleCrls }) => staleCrls],
  [
    'crl_fetches_failing',
    'gauge',
    'Certificates whose CRL could not be fetched last time.',
    ({ failingFetches }) => failingFetches,
  ],
  ['report_modes', 'gauge', 'Hostnames in report mode.', ({ reportModes }) => reportModes],
  ['webhook_failures', 'gauge', 'Failed runs of the webhook in a row.', ({ noticeFailures }) => noticeFailures],
  [
    'webhook_told_until_timestamp_seconds',
    'gauge',
    'The webhook was told all that came due until then.',
    ({ toldUntil }) => toldUntil,
  ],
]
