/** All peers. Not TypeScript, because the packages of this folder are installed for `npm run bench -- --peers` only. */

import 'reflect-metadata'
import * as peculiar from '@peculiar/x509'
import { peersWorker } from '../worker/peers-worker.ts'

export default peersWorker(peculiar)
