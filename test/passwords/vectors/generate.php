<?php
/*
 * Writes hashes of PHP and WordPress for hash-formats.test.ts, one JSON object a line. The first argument is the file
 * class-phpass.php of WordPress (Debian: package wordpress). wp_hash_password() of WordPress 6.8 is these two calls of
 * PHP; it is not in Debian 12 and needs a database, so they stand here.
 *
 *     php generate.php /usr/share/wordpress/wp-includes/class-phpass.php > php.jsonl
 */

require $argv[1];

const PASSWORDS = ['correct horse battery staple', "cafe\u{301} \u{fb01}n\u{2460} 123", ' between spaces 1 '];

function say(string $by, string $hash, string $password): void
{
    echo json_encode(['by' => $by, 'hash' => $hash, 'password' => $password]), "\n";
}

foreach (PASSWORDS as $password) {
    say('password_hash of PHP ' . PHP_VERSION, password_hash($password, PASSWORD_BCRYPT, ['cost' => 4]), $password);
    say('PHP ' . PHP_VERSION . ', argon2id', password_hash($password, PASSWORD_ARGON2ID, ['memory_cost' => 256, 'time_cost' => 1]), $password);
    say('PasswordHash of WordPress', (new PasswordHash(8, true))->HashPassword($password), $password);
    $hmac = base64_encode(hash_hmac('sha384', trim($password), 'wp-sha384', true));
    say('WordPress 6.8 by PHP ' . PHP_VERSION, '$wp' . password_hash($hmac, PASSWORD_BCRYPT, ['cost' => 4]), $password);
}
