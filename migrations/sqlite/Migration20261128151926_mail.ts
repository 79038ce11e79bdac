import { Migration } from '@mikro-orm/migrations'

export class Migration20261128151926_mail extends Migration {
  override name = 'Migration20261128151926_mail'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`outbox_messages\` (\`id\` text not null primary key, \`delivery\` text not null, \`kind\` text not null, \`user_id\` text null, \`payload\` text not null, \`attempts\` integer not null, \`due_at\` datetime not null, \`created_at\` datetime not null, \`done_at\` datetime null, \`outcome\` text null, \`last_fault\` text null, constraint \`outbox_messages_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade);`,
    )
    this.addSql(`create index \`outbox_messages_user_id\` on \`outbox_messages\` (\`user_id\`);`)
    this.addSql(
      `create index \`outbox_messages_done_at_attempts_due_at\` on \`outbox_messages\` (\`done_at\`, \`attempts\`, \`due_at\`);`,
    )

    this.addSql(
      `create table \`mail_tokens\` (\`id\` text not null primary key, \`purpose\` text not null, \`user_id\` text not null, \`email\` text not null, \`ordinal\` integer not null, \`created_at\` datetime not null, \`expires_at\` datetime not null, \`used_at\` datetime null, constraint \`mail_tokens_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade);`,
    )
    this.addSql(`create index \`mail_tokens_expires_at\` on \`mail_tokens\` (\`expires_at\`);`)
    this.addSql(`create index \`mail_tokens_user_id_purpose\` on \`mail_tokens\` (\`user_id\`, \`purpose\`);`)

    this.addSql(`alter table \`users\` add column \`email_verified_at\` datetime null;`)
    this.addSql(`alter table \`users\` add column \`pending_email\` text null;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`outbox_messages\`;`)
    this.addSql(`drop table if exists \`mail_tokens\`;`)

    this.addSql(`alter table \`users\` drop column \`email_verified_at\`;`)
    this.addSql(`alter table \`users\` drop column \`pending_email\`;`)
  }
}
