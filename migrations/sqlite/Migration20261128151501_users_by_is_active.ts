import { Migration } from '@mikro-orm/migrations'

export class Migration20261128151501_users_by_is_active extends Migration {
  override name = 'Migration20261128151501_users_by_is_active'

  override up(): void | Promise<void> {
    this.addSql(`create index \`users_is_active_created_at_id\` on \`users\` (\`is_active\`, \`created_at\`, \`id\`);`)
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index \`users_is_active_created_at_id\`;`)
  }
}
