import { Migration } from '@mikro-orm/migrations'

export class Migration20261128150917_recent_uses extends Migration {
  override name = 'Migration20261128150917_recent_uses'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`sessions\` add \`recent_uses\` varchar(255) null;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`sessions\` drop column \`recent_uses\`;`)
  }
}
