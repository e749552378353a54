import { beforeEach } from 'vitest'

/** Rows about what workerd's WebCrypto refuses or cannot do, and Node's does otherwise. `npm run mutate` runs in Node. */
const ONLY_IN_WORKERD = [
  'an RSA key with exponent 5',
  'RSASSA-PSS made with a salt of 32 octets, declared as 223',
  'RSASSA-PSS made with a salt of 32 octets, declared as 990',
  'exponent 43147: usableKey false',
]

beforeEach(({ task, skip }) => skip(ONLY_IN_WORKERD.includes(task.name), 'only in workerd'))
