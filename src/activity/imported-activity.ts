import type { FieldFault } from '../errors.ts'
import { RecordReader } from '../record-reader.ts'
import type { ActionName } from './actions.ts'
import type { ActivityRow } from './activity.row.ts'

const ADDRESS_LENGTH = 45
const TEXT_LENGTH = 255

interface ActivityRules {
  now: Date
  isAction(name: string): boolean
}

/** An entry as an export describes it. Returns every fault; none repeats a value. */
export function readActivity(
  record: Readonly<Record<string, unknown>>,
  rules: ActivityRules,
): ActivityRow | FieldFault[] {
  const reader = new RecordReader(record, rules.now)
  const timestamp = reader.moment('timestamp')
  const row = {
    id: reader.id('id') ?? reader.missing('id', ''),
    action: (reader.textBy('action', (name) => (rules.isAction(name) ? null : 'There is no such action.')) ??
      reader.missing('action', '')) as ActionName,
    details: reader.textBy('details', withinLength(TEXT_LENGTH)) ?? null,
    ipAddress: reader.textBy('ip_address', withinLength(ADDRESS_LENGTH)) ?? null,
    userAgent: reader.textBy('user_agent', withinLength(TEXT_LENGTH)) ?? null,
    timestamp: timestamp ?? reader.missing('timestamp', rules.now),
    userId: reader.id('user_id') ?? null,
    actorId: reader.id('actor_id') ?? null,
    apiKeyId: reader.id('api_key_id') ?? null,
  }
  return reader.faults.length > 0 ? reader.faults : row
}

/** As `import` reads it. */
export function toActivityRecord(row: ActivityRow): Record<string, unknown> {
  return {
    id: row.id,
    action: row.action,
    details: row.details,
    ip_address: row.ipAddress,
    user_agent: row.userAgent,
    timestamp: row.timestamp,
    user_id: row.userId,
    actor_id: row.actorId,
    ...(row.apiKeyId !== null && { api_key_id: row.apiKeyId }),
  }
}

function withinLength(max: number) {
  return (text: string) => ([...text].length <= max ? null : `At most ${max} characters.`)
}
