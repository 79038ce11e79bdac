/** For production, where the service does not migrate at its start. */
import { openOperator, readConfig } from 'gatehouse'
import { bookmarks } from './bookmark.feature.ts'

const operator = await openOperator(readConfig(process.env), [bookmarks])
try {
  for (const name of await operator.migrate()) console.log(`Migrated: ${name}`)
} finally {
  await operator.close()
}
