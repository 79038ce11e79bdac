import { createStores } from '../../cache/stores.ts'
import type { MailConfig } from '../../config.ts'
import { createLogger } from '../../logger.ts'
import { createMailTransport } from '../../mail/mail-transport.ts'
import { type Finding, fault, ok } from './finding.ts'

export async function checkRedis(redisUrl: string | undefined): Promise<Finding> {
  if (redisUrl === undefined) return ok('Redis', 'none is set: cache and limits are in the memory of each instance')
  const stores = await createStores({ redisUrl, log: createLogger({ level: 'silent', file: undefined }) })
  const state = stores.state()
  await stores.close()
  return state === 'ok'
    ? ok('Redis', 'answers')
    : fault(
        'Redis',
        'does not answer',
        'Start it, and check REDIS_URL. Until then each instance counts limits for itself.',
      )
}

export async function checkMail(config: MailConfig): Promise<Finding> {
  const transport = createMailTransport(config, process.stdout)
  if (!transport) return ok('mail', 'off')
  if (config.transport.kind === 'log') return ok('mail', 'is printed on standard output')
  const found = await transport.check()
  if (found === null) return ok('mail', 'the server answers and takes the credentials')
  return fault(
    'mail',
    `the server does not take mail: ${found}`,
    'Check MAIL_URL. Mails wait, and are tried for 24 hours.',
  )
}
