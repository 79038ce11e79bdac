import { setFlagsFromString } from 'node:v8'
import closeWithGrace from 'close-with-grace'
import type { App } from '../app.ts'
import { readProcessConfig } from '../config.ts'
import { flushLogger } from '../logger.ts'
import { plainMessage } from './plain-message.ts'
import { yieldToMainThread } from './thread-priorities.ts'

/** More than draining takes (10 s), so that it is not cut off, with some time for closing connections. */
const CLOSE_MS = 14_000

/** What ends a process by itself; a handler in JavaScript would leave it hanging or half dead. */
const NOT_OURS = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGUSR2', 'beforeExit'] as const

/**
 * The process of the service: starts it, and ends it on a signal (exit 0 after draining; a second signal: exit 1 at
 * once) or on a fault that nobody caught (exit 1 after draining). A start that is refused is one plain text on stderr.
 */
export async function runService(): Promise<void> {
  let app: App | undefined
  tuneHeap()
  outliveClosedOutput()
  closeWithGrace({ delay: CLOSE_MS, logger: false, skip: [...NOT_OURS] }, async ({ err, signal }) => {
    if (err) reportFault(err, app)
    else app?.log.info({ signal }, 'Stopping')
    await app?.close()
    if (app) await flushLogger(app.log)
  })
  try {
    const config = readProcessConfig()
    // Loaded late, so that faults of the settings are told at once.
    const { createApp } = await import('../app.ts')
    app = await createApp(config)
    if (!(await app.ready)) return
    await yieldToMainThread().catch((error) => app?.log.warn({ err: error }, 'Threads keep their priority'))
    if (!config.production) await announceFirstAdmin(app)
    app.log.info({ url: `${app.url}/graphql`, metricsUrl: app.metricsUrl }, 'Ready')
  } catch (error) {
    process.stderr.write(`${plainMessage(error)}\n`)
    process.exit(1)
  }
}

/**
 * Two habits of V8 that cost a service more than they save, both measured in `bench/README.md`.
 *
 * On a machine with much memory it lets the heap grow to four times of what lives in it before it collects; a quarter
 * more is enough. And where most objects that one line of code makes were alive at some moment, it makes all later ones
 * in the old heap: under load that is a matter of chance, and from then on each finished request keeps its garbage
 * until the next full collection, for up to a third more CPU.
 */
function tuneHeap(): void {
  setFlagsFromString('--heap-growing-percent=25')
  setFlagsFromString('--no-allocation-site-pretenuring')
}

/** On standard output and never through the logger: a log is kept, and read by others. */
async function announceFirstAdmin(app: App): Promise<void> {
  const password = await app.createFirstAdmin()
  if (password !== null) process.stdout.write(`Administrator created: admin ${password}\n`)
}

function reportFault(error: unknown, app: App | undefined): void {
  if (app) app.log.fatal({ err: error }, 'Uncaught fault: stopping')
  else process.stderr.write(`${plainMessage(error)}\n`)
}

/** A reader of our output that goes away is no reason to end. */
function outliveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}
