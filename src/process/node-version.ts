/** The oldest Node that runs this service. */
const MAJOR = 22
const MINOR = 18

/**
 * What to tell somebody who started it on an older Node; null where the version will do.
 * This file and those that import it at their top keep to syntax which such a Node can read.
 *
 * @param version as in process.versions.node
 */
export function nodeVersionFault(version: string): string | null {
  const parts = version.split('.').map(Number)
  const major = parts[0] || 0
  const isNewEnough = major > MAJOR || (major === MAJOR && (parts[1] || 0) >= MINOR)
  if (isNewEnough) return null
  return `Gatehouse needs Node ${MAJOR}.${MINOR} or newer; this is ${version}. npm start brings its own.`
}
