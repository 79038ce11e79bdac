import { Migration } from '@mikro-orm/migrations'

class CreateOnMysql extends Migration {
  override up(): void {
    this.addSql(
      'create table `bookmarks` (`id` varchar(36) collate utf8mb4_bin not null, `owner_id` varchar(36) collate utf8mb4_bin not null, `url` varchar(2000) not null, `title` varchar(200) null, `created_at` datetime(3) not null, primary key (`id`)) default character set utf8mb4 collate utf8mb4_unicode_ci engine = InnoDB row_format = dynamic',
    )
    this.addSql('alter table `bookmarks` add index `bookmarks_owner_id_created_at_id` (`owner_id`, `created_at`, `id`)')
    this.addSql(
      'alter table `bookmarks` add constraint `bookmarks_owner_id_foreign` foreign key (`owner_id`) references `users` (`id`) on update no action on delete cascade',
    )
  }

  override down(): void {
    this.addSql('drop table if exists `bookmarks`')
  }
}

class CreateOnSqlite extends Migration {
  override up(): void {
    this.addSql(
      'create table `bookmarks` (`id` text not null primary key, `owner_id` text not null, `url` text not null, `title` text null, `created_at` datetime not null, constraint `bookmarks_owner_id_foreign` foreign key (`owner_id`) references `users` (`id`) on update no action on delete cascade)',
    )
    this.addSql('create index `bookmarks_owner_id_created_at_id` on `bookmarks` (`owner_id`, `created_at`, `id`)')
  }

  override down(): void {
    this.addSql('drop table if exists `bookmarks`')
  }
}

/** Names stand in the database and stay as they are; both kinds of database have the same. */
const NAME = 'Migration20261201000000_bookmarks'

export const migrations = {
  mysql: [{ name: NAME, class: CreateOnMysql }],
  sqlite: [{ name: NAME, class: CreateOnSqlite }],
}
