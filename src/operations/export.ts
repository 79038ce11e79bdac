import { Activity } from '../activity/activity.entity.ts'
import { toActivityRecord } from '../activity/imported-activity.ts'
import type { ProcessParts } from '../services.ts'
import { toRecord } from '../users/imported-account.ts'
import { User } from '../users/user.entity.ts'
import type { Progress } from './progress.ts'
import type { Write } from './write.ts'

export interface ExportOptions {
  /** The activity log as well, after the accounts. */
  activities: boolean
  out: Write
  progress: Progress
}

const BATCH = 500

/** Writes every account, hashes included, as JSON Lines that `import` reads. Page by page, so that memory stays flat. */
export async function exportAll({ orm }: ProcessParts, { activities, out, progress }: ExportOptions): Promise<void> {
  const users = orm.em.fork().getRepository(User)
  const entries = orm.em.fork().getRepository(Activity)
  progress.start((await users.count()) + (activities ? await entries.count() : 0))
  let done = 0
  const write = async (records: object[]) => {
    await out(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    done += records.length
    progress.update(done, `${done} lines`)
  }
  try {
    await inPages(
      (afterId) => users.findRowsWithHashAfter(afterId, BATCH),
      (page) => write(page.map(toRecord)),
    )
    if (!activities) return
    await inPages(
      (afterId) => entries.findRowsAfter(afterId, BATCH),
      (page) => write(page.map((row) => ({ activity: toActivityRecord(row) }))),
    )
  } finally {
    progress.stop()
  }
}

async function inPages<Row extends { id: string }>(
  find: (afterId: string) => Promise<Row[]>,
  write: (page: Row[]) => Promise<void>,
): Promise<void> {
  for (let page = await find(''); page.length > 0; page = await find(page.at(-1)?.id ?? '')) await write(page)
}
