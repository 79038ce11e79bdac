/** The oldest supported version of Node. */
const MAJOR = 22
const MINOR = 18

/**
 * The message for a Node that is too old; null when the version is new enough.
 * This file and its static importers use only syntax that an old Node can parse.
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
