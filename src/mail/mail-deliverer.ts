import type { MailConfig } from '../config.ts'
import type { Delivered, Deliverer } from '../outbox/delivery.ts'
import type { OutboxMessage, Outcome } from '../outbox/outbox-message.entity.ts'
import type { UserRepository } from '../users/user.repository.ts'
import type { UserRow } from '../users/user.row.ts'
import type { MailPayload } from './mail.service.ts'
import { LINKS, type MailKind } from './mail-kinds.ts'
import type { MailTokenService } from './mail-token.service.ts'
import type { MailTokens } from './mail-token.ts'
import type { MailTransport } from './mail-transport.ts'
import { renderMail } from './templates/layout.ts'

export interface MailDelivererDependencies {
  /** Over a new entity manager for each mail. */
  open(): { users: UserRepository; tokens: MailTokenService }
  codec: MailTokens
  transport: MailTransport
  config: MailConfig
  /** Counts the mails that were sent, and those that failed for good. */
  onEnded(kind: string, outcome: 'sent' | 'failed'): void
}

/** Sends the mails of the outbox. The link of a mail is made here, so what waits lets its reader make none. */
export class MailDeliverer implements Deliverer {
  constructor(private readonly deps: MailDelivererDependencies) {}

  /** Drops mails to accounts that are gone or disabled, and those whose link would not work any more. */
  async deliver(message: OutboxMessage, signal: AbortSignal): Promise<Delivered> {
    const { config, transport } = this.deps
    const { users, tokens } = this.deps.open()
    const kind = message.kind as MailKind
    const { to, language, tokenId } = JSON.parse(message.payload) as MailPayload
    const user = message.userId === null ? null : await users.findRow(message.userId)
    if (!user?.isActive) return { result: 'dropped' }
    const link = tokenId === null ? null : await this.#linkOf(tokens, tokenId, user)
    if (tokenId !== null && link === null) return { result: 'dropped' }
    const service = config.from.name || config.from.address
    const rendered = renderMail({ kind, language, username: user.username, service, link })
    return transport.send({ id: message.id, kind, to, ...rendered }, signal)
  }

  ended(kind: string, outcome: Outcome): void {
    if (outcome !== 'dropped') this.deps.onEnded(kind, outcome)
  }

  async #linkOf(tokens: MailTokenService, tokenId: string, user: UserRow): Promise<string | null> {
    const token = await tokens.findServing(tokenId, user)
    // In the fragment, which no server is sent and no log shows.
    return token && `${this.deps.config.appUrl}${LINKS[token.purpose].path}#token=${this.deps.codec.issue(token)}`
  }
}
