import type { OutboxService } from '../outbox/outbox.service.ts'
import type { UserRow } from '../users/user.row.ts'
import { languageOf } from './languages.ts'
import { isTokenPurpose, type MailKind } from './mail-kinds.ts'
import type { MailTokenService } from './mail-token.service.ts'
import type { Language } from './templates/texts.ts'

/** The name of the delivery in the outbox. */
export const MAIL = 'mail'

/** No account has it. Older than every account, so that its statements lock no place where rows are added. */
const NOBODY = '00000000-0000-7000-8000-000000000000'

/** What is stored of a mail until it is sent. */
export interface MailPayload {
  to: string
  language: Language
  /** The record of the token in its link; null without a link. */
  tokenId: string | null
}

export interface MailDependencies {
  outbox: OutboxService
  tokens: MailTokenService
  /** MAIL_URL other than `off`. */
  isOn: boolean
  /** The header of the request that causes the mail; null without one. */
  acceptLanguage: string | null
}

export interface MailOptions {
  /** The recipient; left out: the account's address. */
  to?: string
  /** false: without a link, also where the kind has one. */
  withLink?: boolean
}

/** Mails to accounts, which are sent after the commit. */
export class MailService {
  constructor(private readonly deps: MailDependencies) {}

  /** Whether mail is set up. Where it is not, `send` does nothing. */
  get isOn(): boolean {
    return this.deps.isOn
  }

  /**
   * Writes a mail in the transaction of what it tells of, and the token of its link where its kind has one. The token
   * is for the recipient's address; an older one that the kind replaces ends with this commit.
   */
  async send(
    kind: MailKind,
    user: Pick<UserRow, 'id' | 'email'>,
    { to = user.email, withLink = true }: MailOptions = {},
  ): Promise<void> {
    await this.#write(kind, user.id, to, withLink)
  }

  /** Takes the statements of `send`, and sends nothing: nobody can tell by them whether there is an account. */
  async sendToNobody(kind: MailKind): Promise<void> {
    await this.#write(kind, NOBODY, '', true)
  }

  async #write(kind: MailKind, userId: string, to: string, withLink: boolean): Promise<void> {
    const { outbox, tokens, acceptLanguage, isOn } = this.deps
    if (!isOn) return
    const token = withLink && isTokenPurpose(kind) ? await tokens.issue(kind, userId, to) : null
    const payload: MailPayload = { to, language: languageOf(acceptLanguage), tokenId: token?.id ?? null }
    await outbox.add({ delivery: MAIL, kind, userId: userId === NOBODY ? null : userId, payload })
  }
}
