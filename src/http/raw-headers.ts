import type { IncomingMessage } from 'node:http'

/** How often a header was sent. Node joins or drops repeated ones before anybody can tell. @param name in lower case */
export function countHeader(message: IncomingMessage, name: string): number {
  let count = 0
  for (let index = 0; index < message.rawHeaders.length; index += 2) {
    if (message.rawHeaders[index]?.toLowerCase() === name) count += 1
  }
  return count
}
