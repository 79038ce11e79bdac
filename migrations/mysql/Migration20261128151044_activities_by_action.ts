import { Migration } from '@mikro-orm/migrations'

export class Migration20261128151044_activities_by_action extends Migration {
  override name = 'Migration20261128151044_activities_by_action'

  override up(): void | Promise<void> {
    this.addSql(
      `alter table \`activities\` add index \`activities_action_timestamp_id\` (\`action\`, \`timestamp\`, \`id\`);`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`activities\` drop index \`activities_action_timestamp_id\`;`)
  }
}
