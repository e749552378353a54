import { beforeEach } from 'vitest'

/** Rows about what workerd's WebCrypto refuses or cannot do, and Node's does otherwise. `npm run mutate` runs in Node. */
const ONLY_IN_WORKERD = [
  'an RSA key with exponent 5',
  'RSASSA-PSS made with a salt of 32 octets, declared as 223',
  'RSASSA-PSS made with a salt of 32 octets, declared as 990',
  'exponent 43147: usableKey false',
]

/** Rows that take seconds, and many times that with the counters of `npm run mutate`. Shorter rows find the same. */
const TOO_LONG = [
  '500,000 entries with reasons: a length of four octets',
  '70,000 entries: a length of three octets',
  '20 MB of PEM',
  'of 500,000 entries',
  'a reason and an unknown extension, with every octet changed to every other',
  'a critical reason, with every octet changed to every other',
  'an unknown extension, with every octet changed to every other',
  'is shared by a thousand requests, however slow the database is',
  'the first and the last of 100,000',
  'are complete, also for 100,000',
  'every 13th day is the same as that of Date, from year 1 to 9999',
]

beforeEach(({ task, skip }) => skip(ONLY_IN_WORKERD.includes(task.name), 'only in workerd'))
beforeEach(({ task, skip }) => skip(TOO_LONG.includes(task.name), 'too long for each mutant'))
