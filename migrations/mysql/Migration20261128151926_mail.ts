import { Migration } from '@mikro-orm/migrations'

export class Migration20261128151926_mail extends Migration {
  override name = 'Migration20261128151926_mail'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`outbox_messages\` (\`id\` varchar(36) collate utf8mb4_bin not null, \`delivery\` varchar(16) collate utf8mb4_bin not null, \`kind\` varchar(32) collate utf8mb4_bin not null, \`user_id\` varchar(36) collate utf8mb4_bin null, \`payload\` text not null, \`attempts\` int not null, \`due_at\` datetime(3) not null, \`created_at\` datetime(3) not null, \`done_at\` datetime(3) null, \`outcome\` varchar(8) collate utf8mb4_bin null, \`last_fault\` varchar(64) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )
    this.addSql(`alter table \`outbox_messages\` add index \`outbox_messages_user_id\` (\`user_id\`);`)
    this.addSql(
      `alter table \`outbox_messages\` add index \`outbox_messages_done_at_attempts_due_at\` (\`done_at\`, \`attempts\`, \`due_at\`);`,
    )

    this.addSql(
      `create table \`mail_tokens\` (\`id\` varchar(36) collate utf8mb4_bin not null, \`purpose\` varchar(32) collate utf8mb4_bin not null, \`user_id\` varchar(36) collate utf8mb4_bin not null, \`email\` varchar(254) collate utf8mb4_bin not null, \`ordinal\` int not null, \`created_at\` datetime(3) not null, \`expires_at\` datetime(3) not null, \`used_at\` datetime(3) null, primary key (\`id\`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic;`,
    )
    this.addSql(`alter table \`mail_tokens\` add index \`mail_tokens_expires_at\` (\`expires_at\`);`)
    this.addSql(`alter table \`mail_tokens\` add index \`mail_tokens_user_id_purpose\` (\`user_id\`, \`purpose\`);`)

    this.addSql(
      `alter table \`users\` add \`email_verified_at\` datetime(3) null, add \`pending_email\` varchar(254) null;`,
    )

    this.addSql(
      `alter table \`outbox_messages\` add constraint \`outbox_messages_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade;`,
    )

    this.addSql(
      `alter table \`mail_tokens\` add constraint \`mail_tokens_user_id_foreign\` foreign key (\`user_id\`) references \`users\` (\`id\`) on update no action on delete cascade;`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`outbox_messages\`;`)
    this.addSql(`drop table if exists \`mail_tokens\`;`)

    this.addSql(`alter table \`users\` drop column \`email_verified_at\`, drop column \`pending_email\`;`)
  }
}
