import { Migration } from '@mikro-orm/migrations'

export class Migration20261128182830_roles_and_api_keys extends Migration {
  override name = 'Migration20261128182830_roles_and_api_keys'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`roles\` (\`name\` text not null primary key, \`description\` text null, \`permissions\` text null);`,
    )
    this.addSql(`insert into \`roles\` (\`name\`) values ('admin'), ('user');`)

    this.addSql(
      `create table \`api_keys\` (\`id\` text not null primary key, \`user_id\` text not null, \`name\` text not null, \`hash\` text not null, \`hint\` text not null, \`permissions\` text not null, \`created_at\` datetime not null, \`expires_at\` datetime not null, \`last_used_at\` datetime null, constraint \`api_keys_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade);`,
    )
    this.addSql(`create index \`api_keys_expires_at\` on \`api_keys\` (\`expires_at\`);`)
    this.addSql(
      `create index \`api_keys_user_id_created_at_id\` on \`api_keys\` (\`user_id\`, \`created_at\`, \`id\`);`,
    )
    this.addSql(`create unique index \`api_keys_hash\` on \`api_keys\` (\`hash\`);`)

    this.addSql(`alter table \`activities\` add column \`api_key_id\` text null;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`roles\`;`)
    this.addSql(`drop table if exists \`api_keys\`;`)

    this.addSql(`alter table \`activities\` drop column \`api_key_id\`;`)
  }
}
