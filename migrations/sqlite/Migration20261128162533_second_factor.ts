import { Migration } from '@mikro-orm/migrations'

export class Migration20261128162533_second_factor extends Migration {
  override name = 'Migration20261128162533_second_factor'

  override up(): void | Promise<void> {
    this.addSql(`create table \`factor_keys\` (\`name\` text not null primary key, \`sealed_key\` text not null);`)

    this.addSql(
      `create table \`second_factors\` (\`user_id\` text not null primary key, \`sealed_secret\` text not null, \`set_up_ends_at\` datetime null, \`last_step\` integer null, \`last_used_at\` datetime null, \`code_failures\` integer not null default 0, \`code_failures_since\` datetime null, \`recovery_failures\` integer not null default 0, \`recovery_failures_since\` datetime null, constraint \`second_factors_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade);`,
    )

    this.addSql(
      `create table \`recovery_codes\` (\`hash\` text not null primary key, \`user_id\` text not null, constraint \`recovery_codes_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade);`,
    )
    this.addSql(`create index \`recovery_codes_user_id\` on \`recovery_codes\` (\`user_id\`);`)

    this.addSql(`alter table \`users\` add column \`totp_enabled_at\` datetime null;`)

    this.addSql(`alter table \`sessions\` add column \`authenticated_at\` datetime null;`)
    this.addSql(`alter table \`sessions\` add column \`has_second_factor\` integer not null default false;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`factor_keys\`;`)
    this.addSql(`drop table if exists \`second_factors\`;`)
    this.addSql(`drop table if exists \`recovery_codes\`;`)

    this.addSql(`alter table \`sessions\` drop column \`authenticated_at\`;`)
    this.addSql(`alter table \`sessions\` drop column \`has_second_factor\`;`)

    this.addSql(`alter table \`users\` drop column \`totp_enabled_at\`;`)
  }
}
