import { Migration } from '@mikro-orm/migrations'

export class Migration20261128153758_clearings extends Migration {
  override name = 'Migration20261128153758_clearings'

  override up(): void | Promise<void> {
    this.addSql(`create table \`address_clearings\` (\`user_id\` text not null primary key);`)
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`address_clearings\`;`)
  }
}
