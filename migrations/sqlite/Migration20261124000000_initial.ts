import { Migration } from '@mikro-orm/migrations'

export class Migration20261124000000_initial extends Migration {
  override name = 'Migration20261124000000_initial'

  override up(): void {
    this.addSql(
      `create table \`activities\` (\`id\` text not null primary key, \`action\` text not null, \`details\` text null, \`ip_address\` text null, \`user_agent\` text null, \`timestamp\` datetime not null, \`user_id\` text null, \`actor_id\` text null);`,
    )
    this.addSql(
      `create index \`activities_actor_id_timestamp_id\` on \`activities\` (\`actor_id\`, \`timestamp\`, \`id\`);`,
    )
    this.addSql(
      `create index \`activities_user_id_timestamp_id\` on \`activities\` (\`user_id\`, \`timestamp\`, \`id\`);`,
    )
    this.addSql(`create index \`activities_timestamp_id\` on \`activities\` (\`timestamp\`, \`id\`);`)

    this.addSql(`create table \`guards\` (\`name\` text not null primary key, \`turn\` integer not null);`)

    this.addSql(
      `create table \`signing_keys\` (\`id\` text not null primary key, \`sequence\` integer not null, \`public_jwk\` text not null, \`encrypted_private_jwk\` text not null, \`created_at\` datetime not null, \`active_from\` datetime not null, \`retired_at\` datetime null);`,
    )
    this.addSql(`create unique index \`signing_keys_sequence\` on \`signing_keys\` (\`sequence\`);`)

    this.addSql(
      `create table \`users\` (\`id\` text not null primary key, \`username\` text not null, \`username_key\` text not null, \`email\` text not null, \`email_key\` text not null, \`display_name\` text null, \`role\` text not null, \`is_active\` integer not null, \`password_hash\` text not null, \`created_at\` datetime not null, \`updated_at\` datetime not null, \`last_login_at\` datetime null);`,
    )
    this.addSql(`create index \`users_role_created_at_id\` on \`users\` (\`role\`, \`created_at\`, \`id\`);`)
    this.addSql(`create index \`users_created_at_id\` on \`users\` (\`created_at\`, \`id\`);`)
    this.addSql(`create unique index \`users_email_key\` on \`users\` (\`email_key\`);`)
    this.addSql(`create unique index \`users_username_key\` on \`users\` (\`username_key\`);`)

    this.addSql(
      `create table \`sessions\` (\`id\` text not null primary key, \`user_id\` text not null, \`transport\` text not null, \`csrf_token\` text null, \`generation\` integer not null, \`rotated_at\` datetime not null, \`created_at\` datetime not null, \`last_active_at\` datetime not null, \`expires_at\` datetime not null, \`ends_at\` datetime not null, \`ip_address\` text null, \`user_agent\` text null, constraint \`sessions_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade);`,
    )
    this.addSql(`create index \`sessions_ends_at\` on \`sessions\` (\`ends_at\`);`)
    this.addSql(
      `create index \`sessions_user_id_last_active_at_id\` on \`sessions\` (\`user_id\`, \`last_active_at\`, \`id\`);`,
    )

    this.addSql(
      `create table \`session_values\` (\`session_id\` text not null, \`key\` text not null, \`value\` text not null, \`expires_at\` datetime null, primary key (\`session_id\`, \`key\`), constraint \`session_values_session_id_foreign\` foreign key (\`session_id\`) references \`sessions\` (\`id\`) on update no action on delete cascade);`,
    )

    this.addSql(`insert into \`guards\` (\`name\`, \`turn\`) values ('administrators', 0);`)
  }

  override down(): void {
    for (const table of ['session_values', 'sessions', 'users', 'signing_keys', 'guards', 'activities']) {
      this.addSql(`drop table \`${table}\`;`)
    }
  }
}
