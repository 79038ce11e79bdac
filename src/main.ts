import { nodeVersionFault } from './process/node-version.ts'

const fault = nodeVersionFault(process.versions.node)

if (fault === null) {
  // Not awaited: an old Node cannot parse a top-level await. runService() never rejects.
  void import('./process/run-service.ts').then((module) => module.runService())
} else {
  process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}
