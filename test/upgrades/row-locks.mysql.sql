set foreign_key_checks = 0;
CREATE TABLE `activities` (
  `id` varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `action` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `details` varchar(255) DEFAULT NULL,
  `ip_address` varchar(45) DEFAULT NULL,
  `user_agent` varchar(255) DEFAULT NULL,
  `timestamp` datetime(3) NOT NULL,
  `user_id` varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL,
  `actor_id` varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `activities_actor_id_timestamp_id` (`actor_id`,`timestamp`,`id`),
  KEY `activities_user_id_timestamp_id` (`user_id`,`timestamp`,`id`),
  KEY `activities_timestamp_id` (`timestamp`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE TABLE `guards` (
  `name` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `turn` int(11) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE TABLE `mikro_orm_migrations` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(255) NOT NULL,
  `executed_at` datetime NOT NULL DEFAULT current_timestamp(),
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE TABLE `session_values` (
  `session_id` varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `key` varchar(400) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `value` text NOT NULL,
  `expires_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`session_id`,`key`),
  CONSTRAINT `session_values_session_id_foreign` FOREIGN KEY (`session_id`) REFERENCES `sessions` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE TABLE `sessions` (
  `id` varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `user_id` varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `transport` varchar(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `csrf_token` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL,
  `generation` int(11) NOT NULL,
  `rotated_at` datetime(3) NOT NULL,
  `created_at` datetime(3) NOT NULL,
  `last_active_at` datetime(3) NOT NULL,
  `expires_at` datetime(3) NOT NULL,
  `ends_at` datetime(3) NOT NULL,
  `ip_address` varchar(45) DEFAULT NULL,
  `user_agent` varchar(255) DEFAULT NULL,
  `turn` int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  KEY `sessions_ends_at` (`ends_at`),
  KEY `sessions_user_id_last_active_at_id` (`user_id`,`last_active_at`,`id`),
  CONSTRAINT `sessions_user_id_foreign` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE TABLE `signing_keys` (
  `id` varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `sequence` int(11) NOT NULL,
  `public_jwk` text NOT NULL,
  `encrypted_private_jwk` text NOT NULL,
  `created_at` datetime(3) NOT NULL,
  `active_from` datetime(3) NOT NULL,
  `retired_at` datetime(3) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `signing_keys_sequence` (`sequence`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE TABLE `users` (
  `id` varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `username` varchar(64) NOT NULL,
  `username_key` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `email` varchar(254) NOT NULL,
  `email_key` varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `display_name` varchar(100) DEFAULT NULL,
  `role` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `is_active` tinyint(1) NOT NULL,
  `password_hash` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `created_at` datetime(3) NOT NULL,
  `updated_at` datetime(3) NOT NULL,
  `last_login_at` datetime(3) DEFAULT NULL,
  `turn` int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  UNIQUE KEY `users_email_key` (`email_key`),
  UNIQUE KEY `users_username_key` (`username_key`),
  KEY `users_role_created_at_id` (`role`,`created_at`,`id`),
  KEY `users_created_at_id` (`created_at`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
insert into `activities` (`id`, `action`, `details`, `ip_address`, `user_agent`, `timestamp`, `user_id`, `actor_id`) values ('01a222b4-3dab-7387-bcd3-1153c7c1ef76', 'USER_CREATED', null, null, null, '2024-11-01 08:00:00.000', '01a222b4-3da8-7374-b8f0-9e7f3482180f', '01a222b4-3da8-7374-b8f0-9e7f3482180f');
insert into `activities` (`id`, `action`, `details`, `ip_address`, `user_agent`, `timestamp`, `user_id`, `actor_id`) values ('01a222b4-3dce-7608-92dd-dc5c02315010', 'USER_REGISTERED', null, '127.0.0.1', 'node', '2024-11-01 08:01:00.000', '01a222b4-3dc1-7186-beb2-508f40869150', '01a222b4-3dc1-7186-beb2-508f40869150');
insert into `activities` (`id`, `action`, `details`, `ip_address`, `user_agent`, `timestamp`, `user_id`, `actor_id`) values ('01a222b4-3e05-7411-9d49-b386e5601351', 'USER_REGISTERED', null, '127.0.0.1', 'node', '2024-11-01 08:02:00.000', '01a222b4-3dfd-7174-8278-bbd9854665fb', '01a222b4-3dfd-7174-8278-bbd9854665fb');
insert into `activities` (`id`, `action`, `details`, `ip_address`, `user_agent`, `timestamp`, `user_id`, `actor_id`) values ('01a222b4-3e2e-7692-a8da-34e537e2aee0', 'USER_REGISTERED', null, '127.0.0.1', 'node', '2024-11-01 08:03:00.000', '01a222b4-3e2d-74c3-8964-0c621b1b5c83', '01a222b4-3e2d-74c3-8964-0c621b1b5c83');
insert into `activities` (`id`, `action`, `details`, `ip_address`, `user_agent`, `timestamp`, `user_id`, `actor_id`) values ('01a222b4-3e98-74db-b08e-bc896eabb6df', 'USER_LOGIN', null, '127.0.0.1', 'node', '2024-11-01 08:03:00.000', '01a222b4-3dc1-7186-beb2-508f40869150', '01a222b4-3dc1-7186-beb2-508f40869150');
insert into `activities` (`id`, `action`, `details`, `ip_address`, `user_agent`, `timestamp`, `user_id`, `actor_id`) values ('01a222b4-3efa-7376-a7b1-ba05e861df3b', 'USER_LOGIN', null, '127.0.0.1', 'node', '2024-11-02 08:03:00.000', '01a222b4-3dc1-7186-beb2-508f40869150', '01a222b4-3dc1-7186-beb2-508f40869150');
insert into `activities` (`id`, `action`, `details`, `ip_address`, `user_agent`, `timestamp`, `user_id`, `actor_id`) values ('01a222b4-3f1d-748c-a248-54a0ed9974ef', 'USER_LOGIN', null, '127.0.0.1', 'node', '2024-11-02 08:03:00.000', '01a222b4-3dfd-7174-8278-bbd9854665fb', '01a222b4-3dfd-7174-8278-bbd9854665fb');
insert into `activities` (`id`, `action`, `details`, `ip_address`, `user_agent`, `timestamp`, `user_id`, `actor_id`) values ('01a222b4-3f2a-72ac-832b-54deba669321', 'USER_LOGIN_FAILED', null, '127.0.0.1', 'node', '2024-11-02 08:03:00.000', '01a222b4-3dfd-7174-8278-bbd9854665fb', null);
insert into `activities` (`id`, `action`, `details`, `ip_address`, `user_agent`, `timestamp`, `user_id`, `actor_id`) values ('01a222b4-3f5f-7285-b480-40953fbed9b4', 'USER_LOGIN', null, '127.0.0.1', 'node', '2024-11-03 08:03:00.000', '01a222b4-3da8-7374-b8f0-9e7f3482180f', '01a222b4-3da8-7374-b8f0-9e7f3482180f');
insert into `activities` (`id`, `action`, `details`, `ip_address`, `user_agent`, `timestamp`, `user_id`, `actor_id`) values ('01a222b4-3f82-77b0-81b9-160823484121', 'USER_DEACTIVATED', null, '127.0.0.1', 'node', '2024-11-03 08:03:00.000', '01a222b4-3dfd-7174-8278-bbd9854665fb', '01a222b4-3da8-7374-b8f0-9e7f3482180f');
insert into `guards` (`name`, `turn`) values ('administrators', 1);
insert into `mikro_orm_migrations` (`id`, `name`, `executed_at`) values (1, 'Migration20261124000000_initial', '2026-11-28 15:09:27');
insert into `mikro_orm_migrations` (`id`, `name`, `executed_at`) values (2, 'Migration20261128121755_row_locks', '2026-11-28 15:09:27');
insert into `session_values` (`session_id`, `key`, `value`, `expires_at`) values ('01a222b4-3e97-7627-8e70-c65f0504aa6c', '"list"', '[1,"zwei",{"drei":null}]', null);
insert into `session_values` (`session_id`, `key`, `value`, `expires_at`) values ('01a222b4-3e97-7627-8e70-c65f0504aa6c', '"short"', 'true', '2024-11-01 08:04:00.000');
insert into `sessions` (`id`, `user_id`, `transport`, `csrf_token`, `generation`, `rotated_at`, `created_at`, `last_active_at`, `expires_at`, `ends_at`, `ip_address`, `user_agent`, `turn`) values ('01a222b4-3e97-7627-8e70-c65f0504aa6c', '01a222b4-3dc1-7186-beb2-508f40869150', 'BODY', null, 2, '2024-11-02 08:03:00.000', '2024-11-01 08:03:00.000', '2024-11-02 08:03:00.000', '2088-03-18 11:36:20.000', '2088-03-18 11:36:20.000', '127.0.0.1', 'node', 2);
insert into `sessions` (`id`, `user_id`, `transport`, `csrf_token`, `generation`, `rotated_at`, `created_at`, `last_active_at`, `expires_at`, `ends_at`, `ip_address`, `user_agent`, `turn`) values ('01a222b4-3ef9-7011-9a11-6b0736554eb9', '01a222b4-3dc1-7186-beb2-508f40869150', 'COOKIE', x'676238777054526c695f4a6e624470304737796a51646a52716750376438615464416d36324f3034673455', 1, '2024-11-02 08:03:00.000', '2024-11-02 08:03:00.000', '2024-11-02 08:03:00.000', '2088-03-19 11:36:20.000', '2088-03-19 11:36:20.000', '127.0.0.1', 'node', 0);
insert into `sessions` (`id`, `user_id`, `transport`, `csrf_token`, `generation`, `rotated_at`, `created_at`, `last_active_at`, `expires_at`, `ends_at`, `ip_address`, `user_agent`, `turn`) values ('01a222b4-3f5e-7682-9762-c291207c1e42', '01a222b4-3da8-7374-b8f0-9e7f3482180f', 'BODY', null, 1, '2024-11-03 08:03:00.000', '2024-11-03 08:03:00.000', '2024-11-03 08:03:00.000', '2088-03-20 11:36:20.000', '2088-03-20 11:36:20.000', '127.0.0.1', 'node', 0);
insert into `signing_keys` (`id`, `sequence`, `public_jwk`, `encrypted_private_jwk`, `created_at`, `active_from`, `retired_at`) values ('01a222b4-3d7a-732d-99ae-599e53982d2e', 1, x'7b22637276223a2245643235353139222c2278223a2277496a5974707978724b61414343312d734c57336853785051347a71716464656e784b66746a5653664377222c226b7479223a224f4b50227d', x'65794a68624763694f694a6b615849694c434a6c626d4d694f694a424d6a553252304e4e4969776961326c6b496a6f694d4446684d6a4979596a51744d325133595330334d7a4a6b4c546b35595755744e546b355a54557a4f5467795a444a6c496e302e2e486d486c784e7261636f675165774d372e345434437945486d7052685f387243715433384f4a316a53366844714879435064736e466544336d653556566a67575453554f5a4a307a375f414157364b4b35635831535a5f576159674334576647645965324e68736452343973596b6152646a6d4256783059584868446e54303769324d4d624a6e4441494a48784a326f736d507a4b46627a65366459716d7a6f634768794436594b73663471773632706d697934306478326b746e37552e6764377a475a716e33624d7a59754d77684b4e344741', '2024-11-01 08:00:00.000', '2024-11-01 08:00:00.000', '2090-04-14 18:48:17.758');
insert into `signing_keys` (`id`, `sequence`, `public_jwk`, `encrypted_private_jwk`, `created_at`, `active_from`, `retired_at`) values ('01a222b4-3f4f-765c-ae5f-c2764ba0c8f8', 2, x'7b22637276223a2245643235353139222c2278223a227855666a7737335967553557656b6d62536273303773303945446c415846695945316d4c69547979624867222c226b7479223a224f4b50227d', x'65794a68624763694f694a6b615849694c434a6c626d4d694f694a424d6a553252304e4e4969776961326c6b496a6f694d4446684d6a4979596a51744d3259305a6930334e6a566a4c57466c4e575974597a49334e6a52695954426a4f475934496e302e2e6e3434364b715a776c32414c316137442e4f4c77734858765f61374b506b76546867466d786265505648426e7065356b504e7a6352623539417036577331716852497639395976713466367835475142735f716574536b635647626a6c61437937352d4458696f656e5734614a53634b5866774c70566e2d66476978563843564347736f47764e57587434325f55597079524134455554796a735066585477367a516b6e76467956614d4a594e4352547455335676564e6635577533302e5a383768385a784f4f3343596a766f62525935584567', '2024-11-02 08:03:00.000', '2024-11-02 08:03:00.000', null);
insert into `users` (`id`, `username`, `username_key`, `email`, `email_key`, `display_name`, `role`, `is_active`, `password_hash`, `created_at`, `updated_at`, `last_login_at`, `turn`) values ('01a222b4-3da8-7374-b8f0-9e7f3482180f', 'chief', 'chief', 'chief@example.com', 'chief@example.com', null, 'admin', 1, x'246172676f6e32696424763d3139246d3d3235362c703d312c743d312478384c567147676a3154424552335146466558484d41242b574f466c76453773543345303734342f5a446d69644f30374970376a2f344c6e524e49327a3772777859', '2024-11-01 08:00:00.000', '2024-11-01 08:00:00.000', '2024-11-03 08:03:00.000', 0);
insert into `users` (`id`, `username`, `username_key`, `email`, `email_key`, `display_name`, `role`, `is_active`, `password_hash`, `created_at`, `updated_at`, `last_login_at`, `turn`) values ('01a222b4-3dc1-7186-beb2-508f40869150', 'alice', 'alice', 'alice@example.com', 'alice@example.com', 'Zoë''s friend alice', 'user', 1, x'246172676f6e32696424763d3139246d3d3235362c703d312c743d312472615641336863682b7a5a6c6c7a74773665596b6741244e5630544d7143546b485355587a7a592f726671625a49487a434858356b645033594c3566734d7a396b41', '2024-11-01 08:01:00.000', '2024-11-01 08:01:00.000', '2024-11-02 08:03:00.000', 0);
insert into `users` (`id`, `username`, `username_key`, `email`, `email_key`, `display_name`, `role`, `is_active`, `password_hash`, `created_at`, `updated_at`, `last_login_at`, `turn`) values ('01a222b4-3dfd-7174-8278-bbd9854665fb', 'bob', 'bob', 'bob@example.com', 'bob@example.com', 'Zoë''s friend bob', 'user', 0, x'246172676f6e32696424763d3139246d3d3235362c703d312c743d3124794e734437696246686f3749394959682f5149453377246e4f4a71362b486d2f4572716d52633930632f685836754e564d6e32366d52423961386f68745a32546d67', '2024-11-01 08:02:00.000', '2024-11-03 08:03:00.000', '2024-11-02 08:03:00.000', 1);
insert into `users` (`id`, `username`, `username_key`, `email`, `email_key`, `display_name`, `role`, `is_active`, `password_hash`, `created_at`, `updated_at`, `last_login_at`, `turn`) values ('01a222b4-3e2d-74c3-8964-0c621b1b5c83', 'Zoe', 'zoe', 'Zoe@example.com', 'zoe@example.com', 'Zoë''s friend Zoe', 'user', 1, x'246172676f6e32696424763d3139246d3d3235362c703d312c743d312449367033666248314c7a374534416d742b514e377867246f355635786b746a4e696e636133613478577535464b66566e506c775554692b544839346b38707449464d', '2024-11-01 08:03:00.000', '2024-11-01 08:03:00.000', null, 0);
set foreign_key_checks = 1;
