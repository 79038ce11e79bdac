import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../src/config.ts'
import { settingsSchema } from '../src/config-variables.ts'

import { generateSecret, readSecret, SECRET_VARIABLES, storeSecret } from '../src/secret-file.ts'
import { createCertificates } from './support/certificates.ts'

const KEY = randomBytes(48).toString('base64')
const DEV = { SECRET_KEY: 'any' }
const PROD = { NODE_ENV: 'production', SECRET_KEY: KEY }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function faultsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

/** The variables with a fault, outside and inside production. */
function faulty(env: Record<string, string | undefined>, base: Record<string, string> = DEV): string[] {
  return faultsOf({ ...base, ...env }).map((fault) => fault.split(' ')[0] ?? '')
}

describe('defaults', () => {
  test('outside production', () => {
    const { log, ...config } = readConfig(DEV)
    expect(config).toEqual({
      production: false,
      http: {
        host: '127.0.0.1',
        port: 4000,
        production: false,
        corsOrigins: [],
        cookieSecure: true,
        trustedProxies: [],
        drainSeconds: 0,
        bodyLimitBytes: 65536,
        requestsPerMinute: 1200,
        introspection: true,
        explorer: true,
        metricsPort: undefined,
      },
      database: {
        kind: 'sqlite',
        url: 'data/gatehouse.db',
        poolSize: 10,
        timeoutMs: 1500,
        migrateOnStart: true,
        tls: 'off',
        ca: undefined,
      },
      redisUrl: undefined,
      secret: { key: 'any', previousKey: undefined },
      tokens: { issuer: 'gatehouse', audience: 'gatehouse', accessTokenSeconds: 900 },
      sessions: { idleSeconds: 1209600, absoluteSeconds: 7776000, refreshGraceSeconds: 10, maxPerUser: 20 },
      passwordHash: { memoryKib: 19456, iterations: 2, parallelism: 1, concurrency: 2 },
      mail: {
        transport: { kind: 'log' },
        from: { name: 'Gatehouse', address: 'no-reply@localhost' },
        appUrl: 'http://localhost:5173',
      },
      accounts: { requireVerifiedEmail: false, isRegistrationOpen: true, reauthenticationSeconds: 600 },
      rateLimitFactor: 1,
      tracing: false,
      auditRequired: false,
    })
    expect(log).toMatchObject({ level: 'info', file: undefined })
  })

  test('in production the explorer, introspection and migrations are off, and every address is served', () => {
    const config = readConfig(PROD)
    expect(config.production).toBe(true)
    expect(config.http).toMatchObject({ host: '0.0.0.0', introspection: false, explorer: false, cookieSecure: true })
    expect(config.database.migrateOnStart).toBe(false)
  })

  test('an empty variable counts as one that is not set', () => {
    expect(readConfig({ ...DEV, PORT: '', REDIS_URL: '', METRICS_PORT: '', NODE_ENV: '' })).toEqual(readConfig(DEV))
  })

  test('.env.example names exactly the variables that are read, with the defaults', () => {
    const lines = readFileSync(join(import.meta.dirname, '../.env.example'), 'utf8').split('\n')
    const settings = lines.flatMap((line) => [...line.matchAll(/^# ([A-Z][A-Z_]+)=(.*)$/g)])
    const names = settings.map(([, name]) => name)
    expect(names.toSorted()).toEqual(Object.keys(settingsSchema(false).shape).toSorted())
    expect(lines.filter((line) => /^[^#]/.test(line))).toEqual([])
    const env = Object.fromEntries(settings.map(([, name, value]) => [name, value]))
    expect(readConfig({ ...env, SECRET_KEY: DEV.SECRET_KEY })).toEqual(readConfig(DEV))
  })
})

test('the settings are frozen, all the way down', () => {
  const config = readConfig({ ...DEV, CORS_ORIGINS: 'https://a.example' })
  expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError)
  expect(() => (config.http.corsOrigins as string[]).push('https://evil.example')).toThrow(TypeError)
})

test('all faults are reported together, each with its variable and rule, none with its value', () => {
  const env = {
    NODE_ENV: 'production',
    SECRET_KEY: 'tooshort-hunter2',
    DATABASE_URL: 'postgres://root:hunter2@db/x',
    REDIS_URL: 'http://hunter2@redis',
    PORT: '70000',
    COOKIE_SECURE: 'false',
    PASSWORD_HASH_MEMORY_KIB: '19455',
    RATE_LIMIT_FACTOR: '0',
    SECRET_KEY_PREVIOUS_FILE: join(folder, 'missing'),
  }
  const faults = faultsOf(env)
  expect(faulty(env).toSorted()).toEqual(
    Object.keys(env)
      .filter((name) => name !== 'NODE_ENV')
      .map((name) => name.replace(/_FILE$/, ''))
      .toSorted(),
  )
  expect(faults).toContain('PORT must be a whole number from 0 to 65535')
  expect(faults.join()).not.toContain('hunter2')
  expect(new ConfigError(faults).message.split('\n')).toHaveLength(faults.length + 1)
})

const RULES: Record<string, { good: string[]; bad: string[] }> = {
  NODE_ENV: { good: ['development', 'test'], bad: ['prod', 'Production', ' production'] },
  HOST: { good: ['::', '0.0.0.0', 'localhost'], bad: ['http://x', 'a b', '[::1]'] },
  PORT: { good: ['0', '65535'], bad: ['-1', '65536', '4000.5', '4e3', '0x10', ' 80', 'abc'] },
  METRICS_PORT: { good: ['0', '9464'], bad: ['-1', '65536', 'on'] },
  DRAIN_SECONDS: { good: ['0', '5', '3600'], bad: ['-1', '0.5', '5s', '3601'] },
  BODY_LIMIT: { good: ['1', '1048576'], bad: ['0', '1mb'] },
  DATABASE_URL: {
    good: ['sqlite:x.db', 'sqlite:/a/b.db', 'sqlite::memory:', 'mysql://u:p%40@h:3306/n', 'mariadb://u@h/n'],
    bad: [
      'sqlite:',
      'sqlite::mem:',
      'mysql://h',
      'mysql://h/',
      'mysql://h/a/b',
      'mysql://h/n?ssl=true',
      'mysql://u:%zz@h/n',
      'x',
    ],
  },
  DATABASE_POOL_SIZE: { good: ['1', '100'], bad: ['0', '-1', '1.5'] },
  DATABASE_TIMEOUT_MS: { good: ['50', '1500'], bad: ['0', '-1', '1s'] },
  DATABASE_TLS: { good: ['off'], bad: ['true', 'ON', 'required'] },
  REDIS_URL: { good: ['redis://h', 'rediss://u:p@h:6379/2'], bad: ['h:6379', 'http://h', 'redis://', 'redis://h/x'] },
  JWT_ISSUER: { good: ['https://id.example', 'a'], bad: ['a b', 'é', 'x'.repeat(256)] },
  JWT_AUDIENCE: { good: ['gatehouse'], bad: ['a\nb'] },
  ACCESS_TOKEN_TTL: { good: ['1', '900'], bad: ['0', '-5', '15m'] },
  REFRESH_TOKEN_TTL: { good: ['1', '3155760000'], bad: ['0', '3155760001', '999999999999999999'] },
  SESSION_TTL: { good: ['1'], bad: ['0', '3155760001'] },
  REFRESH_GRACE: { good: ['0', '10'], bad: ['-1', '86401'] },
  MAX_SESSIONS: { good: ['1'], bad: ['0', '1e3'] },
  CORS_ORIGINS: {
    good: [
      'https://a.example',
      'http://localhost:3000, https://b.example:8443,',
      'http://[::1]:5173',
      'capacitor://localhost',
      'ionic://localhost',
      'tauri://localhost',
      'app://.',
      'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
      'moz-extension://5f1c1c1e-0000-4000-8000-000000000000',
      'safari-web-extension://5F1C1C1E-0000-4000-8000-000000000000',
      'ms-appx-web://a.b+c',
      'ftp://a',
    ],
    bad: [
      '*',
      'https://a.example/',
      'https://a.example:443',
      'a.example',
      'null',
      'https://A.example',
      'https://*.a.example',
      'https://münchen.example',
      'https://user@a.example',
      'https://a.example?',
      'capacitor://*',
      'chrome-extension://*',
      'capacitor://localhost/',
      'capacitor://localhost#a',
      'Capacitor://localhost',
      'capacitor://local host',
      'capacitor://user@localhost',
      'capacitor:localhost',
      'file:///',
      'file://',
      '*://localhost',
      'capacitor://',
    ],
  },
  COOKIE_SECURE: { good: ['true', 'false'], bad: ['yes', '1', 'TRUE'] },
  TRUSTED_PROXIES: {
    good: ['10.0.0.1', '10.0.0.0/8, fd00::/8', '::1'],
    bad: [
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0/8',
      '0.0.0.0/0',
      'proxy.local',
      'fe80::1%eth0',
      '::/129',
      '1.2.3.4/8/8',
      'loopback',
    ],
  },
  MAIL_URL: {
    good: ['off', 'log:', 'smtp://h', 'smtp://u:p%40@h:2525', 'smtps://u@h/', 'smtp://[::1]:25'],
    bad: ['on', 'log', 'smtp:', 'smtp://', 'http://h', 'smtp://h/x', 'smtp://h?a=b', 'smtp://u:%zz@h', 'smtp://h:x'],
  },
  MAIL_FROM: {
    good: ['a@localhost', 'Ä B <a@b.example>', '"A, B" <a@b.example>', '<a@b>', "O'Neil's <a+b@c.example>"],
    bad: ['a', 'a@b, c@d', 'A, B <a@b>', 'A <a@b> <c@d>', 'A <a@b', 'A\r\nBcc: c@d <a@b>', 'A <a b@c>', 'a@b>'],
  },
  APP_URL: {
    good: ['http://app.internal', 'https://a.example/app/', 'http://localhost:5173', 'http://[::1]:80/x'],
    bad: ['a.example', 'ftp://a.example', 'https://a.example?x', 'https://a.example#x', 'https://u:p@a.example', '//a'],
  },
  REQUIRE_VERIFIED_EMAIL: { good: ['true', 'false'], bad: ['1'] },
  REGISTRATION: { good: ['open', 'closed'], bad: ['true', 'off'] },
  REAUTHENTICATION_TTL: { good: ['1', '600'], bad: ['0', '10m'] },
  RATE_LIMIT_REQUESTS: { good: ['1'], bad: ['0', 'many'] },
  RATE_LIMIT_FACTOR: { good: ['0.5', '1000', '.1', '1e6'], bad: ['0', '0.0', '-1', 'Infinity', 'NaN', '1e99', '0x5'] },
  PASSWORD_HASH_MEMORY_KIB: { good: ['256', '65536'], bad: ['255', '4194305', '64MB'] },
  PASSWORD_HASH_ITERATIONS: { good: ['1'], bad: ['0', '1001'] },
  PASSWORD_HASH_PARALLELISM: { good: ['32'], bad: ['0', '33'] },
  PASSWORD_HASH_CONCURRENCY: { good: ['1'], bad: ['0'] },
  LOG_LEVEL: { good: ['trace', 'silent'], bad: ['verbose', 'INFO'] },
  LOG_FILE: { good: ['data/x.log', '/var/log/x'], bad: ['a/', 'a:b', 'a\0b', 'what?'] },
  LOG_FILE_SIZE: { good: ['10m', '1K', '2g'], bad: ['10', '0m', '10mb', '-1m', '1.5m'] },
  LOG_FILE_COUNT: { good: ['1'], bad: ['0'] },
  TRUSTED_DOCUMENTS_MODE: { good: ['allow'], bad: ['on', 'ONLY', 'off'] },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    good: ['http://collector:4318', 'https://u:p@otlp.example/x'],
    bad: ['collector:4318', 'grpc://collector', '/x'],
  },
  AUDIT_REQUIRED: { good: ['true'], bad: ['required'] },
}

describe.each(Object.entries(RULES))('%s', (name, { good, bad }) => {
  test.each(good)('may be %j', (value) => {
    expect(faulty({ [name]: value })).toEqual([])
  })
  test.each(bad)('must not be %j', (value) => {
    expect(faulty({ [name]: value })).toEqual([name])
  })
})

describe('TLS to the database', () => {
  const MYSQL = { DATABASE_URL: 'mysql://u@h/n' }

  test('is checked against the certificates of a file, and against the system without one', () => {
    const ca = join(folder, 'ca.crt')
    writeFileSync(ca, `\ufeffsome text\r\n${createCertificates().authority}and more\n`)
    const verify = { ...DEV, ...MYSQL, DATABASE_TLS: 'verify' }
    expect(readConfig({ ...DEV, ...MYSQL, DATABASE_TLS: 'on' }).database).toMatchObject({ tls: 'on', ca: undefined })
    expect(readConfig(verify).database).toMatchObject({ tls: 'verify', ca: undefined })
    expect(readConfig({ ...verify, DATABASE_CA_FILE: ca }).database.ca).toMatch(
      /^-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----$/,
    )
  })

  test('refuses a file without certificates, and what does not go together, with all other faults', () => {
    writeFileSync(join(folder, 'none'), 'no certificate')
    writeFileSync(join(folder, 'broken'), '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n')
    const ruleOfFile = 'DATABASE_CA_FILE must be the path of a readable file with certificates in PEM'
    for (const name of ['none', 'broken', 'missing', '.'])
      expect(faultsOf({ ...DEV, ...MYSQL, DATABASE_TLS: 'verify', DATABASE_CA_FILE: join(folder, name) })).toEqual([
        ruleOfFile,
      ])
    expect(faultsOf({ ...DEV, PORT: 'x', DATABASE_TLS: 'on' })).toEqual([
      'PORT must be a whole number from 0 to 65535',
      'DATABASE_TLS must be off with SQLite',
    ])
    const ca = join(folder, 'ca.crt')
    writeFileSync(ca, createCertificates().authority)
    for (const DATABASE_TLS of ['off', 'on'])
      expect(faultsOf({ ...DEV, ...MYSQL, PORT: 'x', DATABASE_TLS, DATABASE_CA_FILE: ca })).toEqual([
        'PORT must be a whole number from 0 to 65535',
        'DATABASE_CA_FILE is read with DATABASE_TLS=verify alone',
      ])
  })
})

describe('trusted documents', () => {
  const MINE = '{ me { id } }'
  const ID = 'sha256:55b70cc8dfbd79a3e1ebdf1c2a9dbfafa6d0e1f2de2b1ebb8ab46a6f6f9ac4aa'
  const write = (content: unknown): string => {
    const path = join(folder, 'documents.json')
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  test('are read by the identifiers of the file, and by the hash of their text', () => {
    const texts = { 'x-app:1': `query Mine ${MINE}`, abc: 'query Mine { __typename } mutation Other { logout }' }
    const { trustedDocuments } = readConfig({ ...DEV, TRUSTED_DOCUMENTS: write(texts) }).http
    expect(trustedDocuments).toMatchObject({ isOnly: false, operationNames: ['Mine', 'Other'] })
    const sums = Object.values(texts).map((text) => createHash('sha256').update(text).digest('hex'))
    expect(trustedDocuments?.texts).toEqual({
      ...texts,
      [`sha256:${sums[0]}`]: texts['x-app:1'],
      [`sha256:${sums[1]}`]: texts.abc,
    })
  })

  test.each<[what: string, content: unknown, rule: string]>([
    ['no JSON', '{ hunter2', 'must be the path of a readable JSON file'],
    ['a list', [MINE], 'must be the path of a JSON file with an object of GraphQL documents by identifier'],
    ['no document', {}, 'must be the path of a JSON file with an object of GraphQL documents by identifier'],
    ['a number', { a: MINE, hunter2: 7 }, 'has a file whose document number 2 is no text'],
    [
      'no GraphQL',
      { a: '{ hunter2' },
      'has a file whose document number 1 is no GraphQL, or has more than 1000 tokens',
    ],
    [
      'too many tokens',
      { a: `{ ${'a '.repeat(1000)} }` },
      'has a file whose document number 1 is no GraphQL, or has more than 1000 tokens',
    ],
    [
      'a schema',
      { a: 'type A { b: Int }' },
      'has a file whose document number 1 has more than operations and fragments',
    ],
    [
      'another text than the hash says',
      { [ID]: '{ a }' },
      'has a file whose document number 1 is another than its sha256 says',
    ],
    [
      'an identifier with a reserved prefix',
      { 'md5:hunter2': MINE },
      'has a file whose document number 1 has an identifier that GraphQL over HTTP does not allow',
    ],
  ])('with %s are refused, with all other faults and without their content', (_, content, rule) => {
    const faults = faultsOf({ ...DEV, PORT: 'x', TRUSTED_DOCUMENTS: write(content) })
    expect(faults).toEqual(['PORT must be a whole number from 0 to 65535', `TRUSTED_DOCUMENTS ${rule}`])
  })

  test('alone need a file, and have no explorer', () => {
    const only = { TRUSTED_DOCUMENTS_MODE: 'only' }
    expect(faulty({ ...only, PORT: 'x' })).toEqual(['PORT', 'TRUSTED_DOCUMENTS_MODE'])
    expect(faulty({ ...only, TRUSTED_DOCUMENTS: join(folder, 'missing') })).toEqual(['TRUSTED_DOCUMENTS'])
    const env = { ...DEV, ...only, TRUSTED_DOCUMENTS: write({ a: MINE }) }
    expect(readConfig(env).http).toMatchObject({
      explorer: false,
      introspection: true,
      trustedDocuments: { isOnly: true },
    })
    expect(faultsOf({ ...env, EXPLORER: 'true' })).toEqual(['EXPLORER must be false with TRUSTED_DOCUMENTS_MODE=only'])
  })
})

describe('mail', () => {
  const SERVER = { MAIL_URL: 'smtp://mail.example', MAIL_FROM: 'a@b.example', APP_URL: 'https://app.example' }

  test('is a server with its port and credentials, decoded', () => {
    const { transport } = readConfig({ ...DEV, MAIL_URL: 'smtps://a%40b:c%2Fd@mail.example:2465' }).mail
    const server = { kind: 'smtp', host: 'mail.example', port: 2465, secure: true, user: 'a@b', password: 'c/d' }
    expect(transport).toMatchObject(server)
    const { mail } = readConfig({ ...DEV, MAIL_URL: 'smtp://[::1]', MAIL_FROM: '"A, B" <a@b.example>' })
    expect(mail.transport).toMatchObject({ host: '::1', port: undefined, secure: false, user: undefined })
    expect(mail.from).toEqual({ name: 'A, B', address: 'a@b.example' })
    expect(readConfig({ ...DEV, APP_URL: 'https://a.example/app/' }).mail.appUrl).toBe('https://a.example/app')
  })

  test('is off in production unless it is set up, with its sender and where its links lead', () => {
    expect(readConfig(PROD).mail.transport).toEqual({ kind: 'off' })
    expect(faulty({ MAIL_URL: 'log:', ...{ MAIL_FROM: 'a@b', APP_URL: 'https://a.example' } }, PROD)).toEqual([
      'MAIL_URL',
    ])
    expect(faulty({ MAIL_URL: SERVER.MAIL_URL }, PROD)).toEqual(['MAIL_FROM', 'APP_URL'])
    expect(faulty(SERVER, PROD)).toEqual([])
  })

  test('has links by https in production, unless they lead to this machine', () => {
    expect(faulty({ ...SERVER, APP_URL: 'http://app.example' }, PROD)).toEqual(['APP_URL'])
    expect(faulty({ ...SERVER, APP_URL: 'http://localhost.evil.example' }, PROD)).toEqual(['APP_URL'])
    for (const APP_URL of ['http://localhost:5173', 'http://127.0.0.1/x', 'http://[::1]:80'])
      expect(faulty({ ...SERVER, APP_URL }, PROD)).toEqual([])
  })

  test('is needed for REQUIRE_VERIFIED_EMAIL', () => {
    const REQUIRE_VERIFIED_EMAIL = 'true'
    expect(faulty({ MAIL_URL: 'off', REQUIRE_VERIFIED_EMAIL })).toEqual(['REQUIRE_VERIFIED_EMAIL'])
    expect(faulty({ REQUIRE_VERIFIED_EMAIL }, PROD)).toEqual(['REQUIRE_VERIFIED_EMAIL'])
    expect(faulty({ ...SERVER, REQUIRE_VERIFIED_EMAIL }, PROD)).toEqual([])
    expect(faulty({ REQUIRE_VERIFIED_EMAIL })).toEqual([])
  })

  test('may have its server in a file, whose fault is told like any other', () => {
    writeFileSync(join(folder, 'mail'), 'off\n')
    const MAIL_URL_FILE = join(folder, 'mail')
    expect(faulty({ MAIL_URL_FILE, REQUIRE_VERIFIED_EMAIL: 'true' })).toEqual(['REQUIRE_VERIFIED_EMAIL'])
    expect(faulty({ MAIL_URL_FILE: join(folder, 'missing') })).toEqual(['MAIL_URL'])
  })
})

describe('production refuses', () => {
  test.each([
    [{ SECRET_KEY: undefined }, 'SECRET_KEY'],
    [{ SECRET_KEY: randomBytes(15).toString('hex') }, 'SECRET_KEY'],
    [{ SECRET_KEY: 'x'.repeat(64) }, 'SECRET_KEY'],
    [{ SECRET_KEY: '1234'.repeat(10) }, 'SECRET_KEY'],
    [{ SECRET_KEY: 'change-me-to-something-of-32-bytes-or-more' }, 'SECRET_KEY'],
    [{ SECRET_KEY: 'an-example-of-a-key-with-32-bytes-or-more' }, 'SECRET_KEY'],
    [{ SECRET_KEY_PREVIOUS: 'changeme' }, 'SECRET_KEY_PREVIOUS'],
    [{ COOKIE_SECURE: 'false' }, 'COOKIE_SECURE'],
    [{ PASSWORD_HASH_MEMORY_KIB: '19455' }, 'PASSWORD_HASH_MEMORY_KIB'],
    [{ PASSWORD_HASH_ITERATIONS: '1' }, 'PASSWORD_HASH_ITERATIONS'],
    [{ PASSWORD_HASH_PARALLELISM: '0' }, 'PASSWORD_HASH_PARALLELISM'],
  ])('%o', (env, variable) => {
    expect(faulty(env, PROD)).toEqual([variable])
  })

  test('no random key of 32 bytes, however it is written', () => {
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      for (let round = 0; round < 200; round += 1) {
        expect(faulty({ SECRET_KEY: randomBytes(32).toString(encoding) }, PROD)).toEqual([])
      }
    }
  })
})

describe('a secret from a file', () => {
  test.each(SECRET_VARIABLES)('%s_FILE is read, without the newline at its end', (variable) => {
    const values = {
      DATABASE_URL: 'mysql://u:p@h/n',
      MAIL_URL: 'smtp://h',
      REDIS_URL: 'redis://h',
      SECRET_KEY: ` ${KEY} `,
      SECRET_KEY_PREVIOUS: KEY,
    }
    writeFileSync(join(folder, 'secret'), `${values[variable]}\r\n`)
    const env = { SECRET_KEY: variable === 'SECRET_KEY' ? undefined : 'any' }
    expect(readConfig({ ...env, [`${variable}_FILE`]: join(folder, 'secret') })).toEqual(
      readConfig({ ...env, [variable]: values[variable] }),
    )
  })

  test.each([
    ['a byte order mark', '\ufeffKEY\r\n'],
    ['several line ends', 'KEY\n\r\n\n'],
    ['an old line end', 'KEY\r'],
  ])('is read without %s', (_, text) => {
    writeFileSync(join(folder, 'secret'), text.replace('KEY', KEY))
    expect(readConfig({ ...PROD, SECRET_KEY: undefined, SECRET_KEY_FILE: join(folder, 'secret') }).secret.key).toBe(KEY)
  })

  test.each([
    ['little-endian, marked', Buffer.from(`\ufeff${KEY}\r\n`, 'utf16le')],
    ['little-endian', Buffer.from(KEY, 'utf16le')],
    ['big-endian, marked', Buffer.from(`\ufeff${KEY}`, 'utf16le').swap16()],
    ['big-endian', Buffer.from(KEY, 'utf16le').swap16()],
  ])('in UTF-16 is a fault: %s', (_, bytes) => {
    writeFileSync(join(folder, 'secret'), bytes)
    expect(faultsOf({ ...PROD, SECRET_KEY: undefined, SECRET_KEY_FILE: join(folder, 'secret') })).toEqual([
      'SECRET_KEY must be UTF-8 in the file that is named for it, and is UTF-16',
    ])
  })

  test('that holds only a byte order mark is empty', () => {
    writeFileSync(join(folder, 'secret'), '\ufeff\r\n')
    expect(faulty({ SECRET_KEY_FILE: join(folder, 'secret') }, { NODE_ENV: 'production' })).toEqual(['SECRET_KEY'])
  })

  test('is a fault together with the variable itself, or when it is missing, empty or a folder', () => {
    writeFileSync(join(folder, 'secret'), KEY)
    writeFileSync(join(folder, 'empty'), '\n')
    expect(faultsOf({ ...PROD, SECRET_KEY_FILE: join(folder, 'secret') })).toEqual([
      'SECRET_KEY and SECRET_KEY_FILE must not both be set',
    ])
    for (const name of ['missing', 'empty', '.']) {
      expect(faulty({ SECRET_KEY: undefined, SECRET_KEY_FILE: join(folder, name) }, PROD)).toEqual(['SECRET_KEY'])
    }
  })
})

describe('the secret of a development machine', () => {
  test('is made once, for its owner alone, whole from the first moment', () => {
    const path = join(folder, 'data/secret')
    expect(readSecret(path)).toBeNull()
    const secret = generateSecret()
    expect(storeSecret(path, secret)).toBe(secret)
    expect(Buffer.from(secret, 'base64url')).toHaveLength(48)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(path).nlink).toBe(1)
    expect(storeSecret(path, generateSecret())).toBe(secret)
    expect(readSecret(path)).toBe(secret)
  })

  test('that is too short is refused rather than replaced', () => {
    const path = join(folder, 'secret')
    writeFileSync(path, 'short\n')
    expect(() => readSecret(path)).toThrow('shorter than 32 bytes')
    expect(readFileSync(path, 'utf8')).toBe('short\n')
  })
})

test('what the log must hide holds an IPv6 address with and without brackets, but no loopback address', () => {
  const { hidden } = readConfig({
    SECRET_KEY: KEY,
    DATABASE_URL: 'mysql://gate@[2001:db8::5]:3306/gatehouse',
    REDIS_URL: 'redis://[::1]',
  }).log
  expect(hidden).toEqual(expect.arrayContaining(['[2001:db8::5]:3306', '2001:db8::5']))
  expect(hidden).not.toContain('::1')
})

test('what the log must hide holds the keys, the URLs, their passwords and addresses, but no loopback address', () => {
  const { hidden } = readConfig({
    SECRET_KEY: KEY,
    DATABASE_URL: 'mysql://gate:p%40sswd@db.internal:3306/gatehouse',
    REDIS_URL: 'redis://127.0.0.1:6379',
  }).log
  expect(hidden).toEqual([
    KEY,
    'mysql://gate:p%40sswd@db.internal:3306/gatehouse',
    'p%40sswd',
    'p@sswd',
    'db.internal:3306',
    'db.internal',
    'redis://127.0.0.1:6379',
    '127.0.0.1:6379',
  ])
})
