import { expect, it } from 'vitest'
import { createTestApp } from '../../test/support/app.ts'
import { startChromium } from '../../test/support/chromium.ts'
import { startClientPage } from '../../test/support/client-page.ts'
import { hasNoChromium } from '../../test/support/installed.ts'
import { PASSWORD, signUp } from '../../test/support/story.ts'
import { checkTabs } from './tabs.ts'

/** The whole of it is `npm run drill -- tabs`. */
it.skipIf(hasNoChromium)(
  'five tabs reload at random while answers are late and every tenth is lost, and no session is lost',
  async () => {
    const served = await startClientPage()
    const app = await createTestApp({ backend: 'sqlite', env: { COOKIE_SECURE: 'false', CORS_ORIGINS: served.origin } })
    served.leadTo(app.url)
    const { username } = await signUp(app, 'alice')
    const browser = await startChromium()
    const found = await checkTabs({ browser, served, identifier: username, password: PASSWORD, rounds: 2 })
    expect(found).toMatchObject({ signedOut: [], strangers: 0, atEnd: Array(5).fill(username) })
    expect(found.lostAnswers).toBeGreaterThan(0)
    await browser.close()
    served.close()
    await app.close()
  },
  60_000,
)
