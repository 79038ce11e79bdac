import { Migration } from '@mikro-orm/migrations'

export class Migration20261124000000_initial extends Migration {
  override name = 'Migration20261124000000_initial'

  override up(): void {
    this.addSql(
      `create table \`activities\` (\`id\` varchar(36) collate utf8mb4_bin not null, \`action\` varchar(32) collate utf8mb4_bin not null, \`details\` varchar(255) null, \`ip_address\` varchar(45) null, \`user_agent\` varchar(255) null, \`timestamp\` datetime(3) not null, \`user_id\` varchar(36) collate utf8mb4_bin null, \`actor_id\` varchar(36) collate utf8mb4_bin null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )
    this.addSql(
      `alter table \`activities\` add index \`activities_actor_id_timestamp_id\` (\`actor_id\`, \`timestamp\`, \`id\`);`,
    )
    this.addSql(
      `alter table \`activities\` add index \`activities_user_id_timestamp_id\` (\`user_id\`, \`timestamp\`, \`id\`);`,
    )
    this.addSql(`alter table \`activities\` add index \`activities_timestamp_id\` (\`timestamp\`, \`id\`);`)

    this.addSql(
      `create table \`guards\` (\`name\` varchar(32) collate utf8mb4_bin not null, \`turn\` int not null, primary key (\`name\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )

    this.addSql(
      `create table \`signing_keys\` (\`id\` varchar(36) collate utf8mb4_bin not null, \`sequence\` int not null, \`public_jwk\` text not null, \`encrypted_private_jwk\` text not null, \`created_at\` datetime(3) not null, \`active_from\` datetime(3) not null, \`retired_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )
    this.addSql(`alter table \`signing_keys\` add unique \`signing_keys_sequence\` (\`sequence\`);`)

    this.addSql(
      `create table \`users\` (\`id\` varchar(36) collate utf8mb4_bin not null, \`username\` varchar(64) not null, \`username_key\` varchar(64) collate utf8mb4_bin not null, \`email\` varchar(254) not null, \`email_key\` varchar(254) collate utf8mb4_bin not null, \`display_name\` varchar(100) null, \`role\` varchar(32) collate utf8mb4_bin not null, \`is_active\` tinyint(1) not null, \`password_hash\` varchar(255) collate utf8mb4_bin not null, \`created_at\` datetime(3) not null, \`updated_at\` datetime(3) not null, \`last_login_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )
    this.addSql(`alter table \`users\` add index \`users_role_created_at_id\` (\`role\`, \`created_at\`, \`id\`);`)
    this.addSql(`alter table \`users\` add index \`users_created_at_id\` (\`created_at\`, \`id\`);`)
    this.addSql(`alter table \`users\` add unique \`users_email_key\` (\`email_key\`);`)
    this.addSql(`alter table \`users\` add unique \`users_username_key\` (\`username_key\`);`)

    this.addSql(
      `create table \`sessions\` (\`id\` varchar(36) collate utf8mb4_bin not null, \`user_id\` varchar(36) collate utf8mb4_bin not null, \`transport\` varchar(8) collate utf8mb4_bin not null, \`csrf_token\` varchar(64) collate utf8mb4_bin null, \`generation\` int not null, \`rotated_at\` datetime(3) not null, \`created_at\` datetime(3) not null, \`last_active_at\` datetime(3) not null, \`expires_at\` datetime(3) not null, \`ends_at\` datetime(3) not null, \`ip_address\` varchar(45) null, \`user_agent\` varchar(255) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )
    this.addSql(`alter table \`sessions\` add index \`sessions_ends_at\` (\`ends_at\`);`)
    this.addSql(
      `alter table \`sessions\` add index \`sessions_user_id_last_active_at_id\` (\`user_id\`, \`last_active_at\`, \`id\`);`,
    )

    this.addSql(
      `create table \`session_values\` (\`session_id\` varchar(36) collate utf8mb4_bin not null, \`key\` varchar(400) collate utf8mb4_bin not null, \`value\` text not null, \`expires_at\` datetime(3) null, primary key (\`session_id\`, \`key\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )

    this.addSql(
      `alter table \`sessions\` add constraint \`sessions_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade;`,
    )

    this.addSql(
      `alter table \`session_values\` add constraint \`session_values_session_id_foreign\` foreign key (\`session_id\`) references \`sessions\` (\`id\`) on update no action on delete cascade;`,
    )

    this.addSql(`insert ignore into \`guards\` (\`name\`, \`turn\`) values ('administrators', 0);`)
  }

  override down(): void {
    for (const table of ['session_values', 'sessions', 'users', 'signing_keys', 'guards', 'activities']) {
      this.addSql(`drop table if exists \`${table}\`;`)
    }
  }
}
