import { deriveSecrets } from '../../src/auth/secrets.ts'
import { readConfig } from '../../src/config.ts'
import type { TokenPurpose } from '../../src/mail/mail-kinds.ts'
import { MailTokens } from '../../src/mail/mail-token.ts'
import type { TestApp } from './app.ts'
import type { Person } from './story.ts'

/** Makes the token of a mail. @param to left out: the address of the account */
export type TokenMaker = (purpose: TokenPurpose, person: Pick<Person, 'id' | 'email'>, to?: string) => Promise<string>

/** For tests of what no mail is needed for. Others take the token from the mail. */
export function createTokenMaker(app: TestApp): TokenMaker {
  const codec = new MailTokens(deriveSecrets(readConfig(app.env).secret).mailToken)
  return async (purpose, { id, email }, to = email) =>
    codec.issue(await app.services().mailTokens.issue(purpose, id, to))
}
