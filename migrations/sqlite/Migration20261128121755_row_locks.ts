import { Migration } from '@mikro-orm/migrations'

export class Migration20261128121755_row_locks extends Migration {
  override name = 'Migration20261128121755_row_locks'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`users\` add column \`turn\` integer not null default 0;`)

    this.addSql(`alter table \`sessions\` add column \`turn\` integer not null default 0;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`sessions\` drop column \`turn\`;`)

    this.addSql(`alter table \`users\` drop column \`turn\`;`)
  }
}
