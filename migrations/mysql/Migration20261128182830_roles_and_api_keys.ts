import { Migration } from '@mikro-orm/migrations'

export class Migration20261128182830_roles_and_api_keys extends Migration {
  override name = 'Migration20261128182830_roles_and_api_keys'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`roles\` (\`name\` varchar(32) collate utf8mb4_bin not null, \`description\` varchar(200) null, \`permissions\` text null, primary key (\`name\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )
    this.addSql(`insert ignore into \`roles\` (\`name\`) values ('admin'), ('user');`)

    this.addSql(
      `create table \`api_keys\` (\`id\` varchar(36) collate utf8mb4_bin not null, \`user_id\` varchar(36) collate utf8mb4_bin not null, \`name\` varchar(64) not null, \`hash\` varchar(43) collate utf8mb4_bin not null, \`hint\` varchar(4) collate utf8mb4_bin not null, \`permissions\` text not null, \`created_at\` datetime(3) not null, \`expires_at\` datetime(3) not null, \`last_used_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )
    this.addSql(`alter table \`api_keys\` add index \`api_keys_expires_at\` (\`expires_at\`);`)
    this.addSql(
      `alter table \`api_keys\` add index \`api_keys_user_id_created_at_id\` (\`user_id\`, \`created_at\`, \`id\`);`,
    )
    this.addSql(`alter table \`api_keys\` add unique \`api_keys_hash\` (\`hash\`);`)

    this.addSql(`alter table \`activities\` add \`api_key_id\` varchar(36) collate utf8mb4_bin null;`)

    this.addSql(
      `alter table \`api_keys\` add constraint \`api_keys_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade;`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`roles\`;`)
    this.addSql(`drop table if exists \`api_keys\`;`)

    this.addSql(`alter table \`activities\` drop column \`api_key_id\`;`)
  }
}
