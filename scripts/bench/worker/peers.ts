/** The peers that need no package of their own. */

import { peersWorker } from './peers-worker.ts'

export default peersWorker()
