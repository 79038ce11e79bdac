import closeWithGrace from 'close-with-grace'
import type { App } from '../app.ts'
import { readProcessConfig } from '../config.ts'
import { flushLogger } from '../logger.ts'
import { plainMessage } from './plain-message.ts'

/** Draining takes up to 10 s, and closing connections some time after it. */
const CLOSE_MS = 14_000

/** Signals that must kill the process at once, and an event that is no end: close-with-grace would catch them. */
const NOT_OURS = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGUSR2', 'beforeExit'] as const

/**
 * The process of the service. A signal ends it with exit 0 after draining, a second signal with exit 1 at once, an
 * uncaught fault with exit 1 after draining. A refused start prints one plain text on stderr and exits with 1.
 */
export async function runService(): Promise<void> {
  let app: App | undefined
  outliveClosedOutput()
  closeWithGrace({ delay: CLOSE_MS, logger: false, skip: [...NOT_OURS] }, async ({ err, signal }) => {
    if (err) reportFault(err, app)
    else app?.log.info({ signal }, 'Stopping')
    await app?.close()
    if (app) await flushLogger(app.log)
  })
  try {
    const config = readProcessConfig()
    // Imported late: faults of the settings are reported before everything else is loaded.
    const { createApp } = await import('../app.ts')
    app = await createApp(config)
    if (!(await app.ready)) return
    if (!config.production) await announceFirstAdmin(app)
    app.log.info({ url: `${app.url}/graphql`, metricsUrl: app.metricsUrl }, 'Ready')
  } catch (error) {
    process.stderr.write(`${plainMessage(error)}\n`)
    process.exit(1)
  }
}

/** On standard output and never through the logger: logs are stored, and read by more people. */
async function announceFirstAdmin(app: App): Promise<void> {
  const password = await app.createFirstAdmin()
  if (password !== null) process.stdout.write(`Administrator created: admin ${password}\n`)
}

function reportFault(error: unknown, app: App | undefined): void {
  if (app) app.log.fatal({ err: error }, 'Uncaught fault: stopping')
  else process.stderr.write(`${plainMessage(error)}\n`)
}

/** A reader that closes its end of the pipe must not end the service. */
function outliveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}
