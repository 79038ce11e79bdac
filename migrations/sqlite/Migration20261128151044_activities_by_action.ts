import { Migration } from '@mikro-orm/migrations'

export class Migration20261128151044_activities_by_action extends Migration {
  override name = 'Migration20261128151044_activities_by_action'

  override up(): void | Promise<void> {
    this.addSql(
      `create index \`activities_action_timestamp_id\` on \`activities\` (\`action\`, \`timestamp\`, \`id\`);`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index \`activities_action_timestamp_id\`;`)
  }
}
