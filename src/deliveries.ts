import type { Logger } from 'pino'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Orm } from './database/orm.ts'
import { MAIL } from './mail/mail.service.ts'
import { MailDeliverer } from './mail/mail-deliverer.ts'
import { MailToken } from './mail/mail-token.entity.ts'
import { MailTokenService } from './mail/mail-token.service.ts'
import type { MailTokens } from './mail/mail-token.ts'
import { createMailTransport } from './mail/mail-transport.ts'
import type { Metrics } from './metrics.ts'
import type { Deliverer } from './outbox/delivery.ts'
import { OutboxMessage } from './outbox/outbox-message.entity.ts'
import { OutboxWorker } from './outbox/outbox-worker.ts'
import { User } from './users/user.entity.ts'

interface DeliveryParts {
  config: Config
  orm: Orm
  /** What makes the tokens in mails. */
  mailTokens: MailTokens
  clock: Clock
  log: Logger
  metrics: Metrics
}

/** The worker of the outbox with a deliverer for each kind of delivery that is set up. Another one is a line here. */
export function createOutboxWorker(parts: DeliveryParts): OutboxWorker {
  const { orm, clock, log, metrics } = parts
  const mail = createMailDeliverer(parts)
  const deliverers: Record<string, Deliverer> = { ...(mail && { [MAIL]: mail }) }
  metrics.watchMails(async () => {
    const { waiting, oldestAt } = await orm.em.fork().getRepository(OutboxMessage).findBacklog(MAIL)
    return { waiting, oldestSeconds: oldestAt === null ? 0 : (clock().getTime() - oldestAt.getTime()) / 1000 }
  })
  return new OutboxWorker({ fork: () => orm.em.fork({ useContext: true }), deliverers, clock, log })
}

/** Undefined where mail is off. */
function createMailDeliverer({ config, orm, mailTokens, clock, metrics }: DeliveryParts): MailDeliverer | undefined {
  const transport = createMailTransport(config.mail, process.stdout)
  if (!transport) return undefined
  return new MailDeliverer({
    config: config.mail,
    transport,
    codec: mailTokens,
    open() {
      const em = orm.em.fork({ useContext: true })
      const users = em.getRepository(User)
      const records = em.getRepository(MailToken)
      return { users, tokens: new MailTokenService({ em, mailTokens: records, users, codec: mailTokens, clock }) }
    },
    onEnded: metrics.mailEnded,
  })
}
