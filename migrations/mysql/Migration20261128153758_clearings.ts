import { Migration } from '@mikro-orm/migrations'

export class Migration20261128153758_clearings extends Migration {
  override name = 'Migration20261128153758_clearings'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`address_clearings\` (\`user_id\` varchar(36) collate utf8mb4_bin not null, primary key (\`user_id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`address_clearings\`;`)
  }
}
