#!/usr/bin/env node
// The bin of the package. It says what it needs before it loads anything that an older Node cannot read.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 1)) {
  import('./cli.js')
} else {
  console.error(`access-mtls needs Node 22.1 or newer; this is Node ${process.versions.node}.`)
  process.exitCode = 1
}
