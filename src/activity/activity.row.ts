import { columnsOf, type StoredRow, type TableOf, toDate } from '../database/rows.ts'
import type { Activity } from './activity.entity.ts'

export interface ActivityTables {
  activities: TableOf<Activity>
}

const PROPERTIES = [
  'id',
  'action',
  'details',
  'ipAddress',
  'userAgent',
  'timestamp',
  'userId',
  'actorId',
  'apiKeyId',
] as const satisfies readonly (keyof Activity)[]

export const ACTIVITY_COLUMNS = columnsOf(PROPERTIES)

export type ActivityRow = Pick<Activity, (typeof PROPERTIES)[number]>

/** In place: the driver made the row for the caller alone. */
export function toActivityRow(row: StoredRow<ActivityRow>): ActivityRow {
  return Object.assign(row, { timestamp: toDate(row.timestamp) })
}
