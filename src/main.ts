import { nodeVersionFault } from './process/node-version.ts'

const fault = nodeVersionFault(process.versions.node)

if (fault === null) {
  // Not awaited: an older Node could not even read a top-level await. It never rejects.
  void import('./process/run-service.ts').then((module) => module.runService())
} else {
  process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}
