import { expect, test } from 'vitest'
import { nearVariables } from '../src/near-variables.ts'

test.each([
  ['CORS_ORIGIN', 'CORS_ORIGINS'],
  ['CORSORIGINS', 'CORS_ORIGINS'],
  ['cors_origins', 'CORS_ORIGINS'],
  ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
  ['DATABSE_URL', 'DATABASE_URL'],
  ['DATABASE_URI', 'DATABASE_URL'],
  ['REDIS_ULR', 'REDIS_URL'],
  ['LOG_LEVLE', 'LOG_LEVEL'],
  ['LOGFILE', 'LOG_FILE'],
  ['SECRET_KEY_FIL', 'SECRET_KEY_FILE'],
  ['ACCESS_TOKEN_TLL', 'ACCESS_TOKEN_TTL'],
  ['PASSWORD_HASH_MEMORY_KB', 'PASSWORD_HASH_MEMORY_KIB'],
  ['RATE_LIMIT_REQUEST', 'RATE_LIMIT_REQUESTS'],
])('%s is near %s', (name, meant) => {
  expect(nearVariables({ [name]: 'x' })).toEqual([{ name, meant }])
})

test.each([
  ['CORS_ORIGINS', 'SECRET_KEY_FILE', 'PORT', 'DATABASE_URL'],
  ['HOME', 'HOSTNAME', 'HOSTS', 'POST', 'PATH', 'PWD', 'USER', 'SHELL', 'LANG', 'TERM', 'LOGNAME', 'EDITOR'],
  ['NODE_OPTIONS', 'NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'NODE_COMPILE_CACHE', 'NODE_VERSION', 'npm_config_loglevel'],
  [
    'REDIS_HOST',
    'REDIS_PORT',
    'REDIS_PASSWORD',
    'DATABASE_HOST',
    'DATABASE_NAME',
    'DATABASE_USER',
    'DATABASE_PASSWORD',
  ],
  ['SECRET', 'SECRET_KEY_BASE', 'LOG_DIR', 'LOG_PATH', 'LOG_FORMAT', 'SESSION_KEY', 'SESSION_ID', 'JWT_SECRET'],
  ['XDG_SESSION_ID', 'XDG_SESSION_TYPE', 'INVOCATION_ID', 'JOURNAL_STREAM', 'KUBERNETES_PORT', 'GATEHOUSE_PORT'],
  ['MYSQL_HOST', 'MYSQL_PASSWORD', 'MARIADB_ROOT_PASSWORD', 'MAIL_URL', 'APP_URL', 'CI', 'TZ', '_', ''],
])('%s and other names are not', (...names) => {
  expect(nearVariables(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([])
})

test('an empty variable counts as one that is not set', () => {
  expect(nearVariables({ CORS_ORIGIN: '', DATABSE_URL: undefined })).toEqual([])
})
