/**
 * What miniflare's D1 takes from zod, in place of all of it: its messages in forty languages are 250 KB, which would be in the
 * package, and would be read at every start.
 */
import { array, enum as enumOf, null as nullOf, number, object, string, union } from 'zod'

export const z = { array, enum: enumOf, null: nullOf, number, object, string, union }
