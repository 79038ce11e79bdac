#!/usr/bin/env node
import { nodeVersionFault } from './process/node-version.ts'

const fault = nodeVersionFault(process.versions.node)

if (fault === null) {
  // Not awaited: an old Node cannot parse a top-level await. runCommand() never rejects.
  void import('./operations/commands.ts').then((module) => module.runCommand(process.argv))
} else {
  process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}
