import { lookup } from 'node:dns/promises'
import closeWithGrace from 'close-with-grace'
import type { App } from '../app.ts'
import { processEnvironment, readProcessConfig } from '../config.ts'
import { flushLogger } from '../logger.ts'
import { nearVariables } from '../near-variables.ts'
import { plainMessage } from './plain-message.ts'

/** Draining takes up to 10 s, and closing connections follows. */
const CLOSE_MS = 14_000

/** Signals that must kill the process at once, and an event that is no stop; close-with-grace would catch them. */
const NOT_OURS = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGUSR2', 'beforeExit'] as const

/**
 * Runs the service until a signal: exit 0 after DRAIN_SECONDS and draining, exit 1 at once for a second signal, exit 1
 * after draining for an uncaught fault. A refused start prints one message on stderr and exits with 1.
 */
export async function runService(): Promise<void> {
  let app: App | undefined
  outliveClosedOutput()
  try {
    const config = readProcessConfig()
    const delay = config.http.drainSeconds * 1000 + CLOSE_MS
    closeWithGrace({ delay, logger: false, skip: [...NOT_OURS] }, async ({ err, signal }) => {
      if (err) reportFault(err, app)
      else app?.log.info({ signal }, 'Stopping')
      if (!err) await app?.leave()
      await app?.close()
      if (app) await flushLogger(app.log)
    })
    // Imported late, so that faults of the settings are reported before the service is loaded.
    const { createApp } = await import('../app.ts')
    app = await createApp(config)
    if (!(await app.ready)) return
    if (!config.production) await announceFirstAdmin(app)
    warnOfNearVariables(app)
    const url = `${await urlForBrowsers(app.url)}/graphql`
    app.log.info({ url, metricsUrl: app.metricsUrl }, 'Ready')
  } catch (error) {
    process.stderr.write(`${plainMessage(error)}\n`)
    process.exit(1)
  }
}

/** On standard output and not through the logger, because logs are stored and widely read. */
async function announceFirstAdmin(app: App): Promise<void> {
  const password = await app.createFirstAdmin()
  if (password !== null) process.stdout.write(`Administrator created: admin ${password}\n`)
}

function warnOfNearVariables(app: App): void {
  for (const { name, meant } of nearVariables(processEnvironment()))
    app.log.warn(`Unknown variable ${name} is ignored; is ${meant} meant?`)
}

/** Apps in development run on localhost, and for their browser a cookie of 127.0.0.1 is of another site. */
async function urlForBrowsers(url: string): Promise<string> {
  const localhost = await lookup('localhost', { all: true }).catch(() => [])
  const hosts = localhost.map(({ address, family }) => (family === 6 ? `[${address}]` : address))
  const host = hosts.find((name) => url.startsWith(`http://${name}:`))
  return host === undefined ? url : url.replace(host, 'localhost')
}

function reportFault(error: unknown, app: App | undefined): void {
  if (app) app.log.fatal({ err: error }, 'Uncaught fault: stopping')
  else process.stderr.write(`${plainMessage(error)}\n`)
}

/** A reader that closes the pipe must not end the service. */
function outliveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}
