import { Migration } from '@mikro-orm/migrations'

export class Migration20261128162533_second_factor extends Migration {
  override name = 'Migration20261128162533_second_factor'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`factor_keys\` (\`name\` varchar(32) collate utf8mb4_bin not null, \`sealed_key\` varchar(255) collate utf8mb4_bin not null, primary key (\`name\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )

    this.addSql(
      `create table \`second_factors\` (\`user_id\` varchar(36) collate utf8mb4_bin not null, \`sealed_secret\` varchar(255) collate utf8mb4_bin not null, \`set_up_ends_at\` datetime(3) null, \`last_step\` int null, \`last_used_at\` datetime(3) null, \`code_failures\` int not null default 0, \`code_failures_since\` datetime(3) null, \`recovery_failures\` int not null default 0, \`recovery_failures_since\` datetime(3) null, primary key (\`user_id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )

    this.addSql(
      `create table \`recovery_codes\` (\`hash\` varchar(43) collate utf8mb4_bin not null, \`user_id\` varchar(36) collate utf8mb4_bin not null, primary key (\`hash\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )
    this.addSql(`alter table \`recovery_codes\` add index \`recovery_codes_user_id\` (\`user_id\`);`)

    this.addSql(`alter table \`users\` add \`totp_enabled_at\` datetime(3) null;`)

    this.addSql(
      `alter table \`sessions\` add \`authenticated_at\` datetime(3) null, add \`has_second_factor\` tinyint(1) not null default false;`,
    )

    this.addSql(
      `alter table \`second_factors\` add constraint \`second_factors_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade;`,
    )

    this.addSql(
      `alter table \`recovery_codes\` add constraint \`recovery_codes_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade;`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`factor_keys\`;`)
    this.addSql(`drop table if exists \`second_factors\`;`)
    this.addSql(`drop table if exists \`recovery_codes\`;`)

    this.addSql(`alter table \`sessions\` drop column \`authenticated_at\`, drop column \`has_second_factor\`;`)

    this.addSql(`alter table \`users\` drop column \`totp_enabled_at\`;`)
  }
}
