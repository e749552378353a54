/**
 * Whether a field Accept (RFC 9110 12.5.1) prefers a media type to JSON: it names the type, and does not give it less weight than
 * JSON. A wildcard means JSON, which every client of this API reads.
 */
export function prefersToJson(accept: string | null, mediaType: string): boolean {
  const ranges = (accept ?? '').split(',').map(weighed)
  const weightOf = (type: string) => Math.max(0, ...ranges.filter((one) => one.type === type).map((one) => one.weight))
  const weight = weightOf(mediaType)
  return weight > 0 && weight >= weightOf('application/json')
}

/** A media range without its parameters, and its weight from 0 to 1; 0 for a weight that is none. */
function weighed(range: string): { readonly type: string; readonly weight: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  const weight = q === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0
  return { type, weight }
}
