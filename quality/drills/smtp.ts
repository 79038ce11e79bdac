import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { simpleParser } from 'mailparser'
import { temporaryFolder } from '../../test/support/built-service.ts'
import { freePort, SERVER_ENV } from '../../test/support/server-process.ts'
import { openSqlite } from './durability.ts'
import { call, DrilledService } from './service.ts'

const MAIN = resolve(import.meta.dirname, '../../dist/main.js')
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const WAIT_MS = 60_000

/** Mails through OpenSMTPD on loopback, which takes and delivers them as it would for anybody. It needs root. */
export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({ args, options: { mails: { type: 'string', default: '20' } } })
  const folder = temporaryFolder()
  const port = await freePort()
  const delivered = await startSmtpd(folder, port)
  const service = await DrilledService.start({
    main: MAIN,
    folder,
    env: {
      ...openSqlite(folder).env,
      MAIL_URL: `smtp://127.0.0.1:${port}`,
      MAIL_FROM: 'Accounts <accounts@example.com>',
    },
  })
  const wanted: string[] = []
  for (let number = 0; number < Number(values.mails); number++) {
    const email = `person${number}@example.net`
    const input = { username: `person${number}`, email, password: 'correct horse battery staple' }
    await call(service.url, REGISTER, { input })
    wanted.push(email)
  }
  const right = await waitForMails(delivered, wanted)
  await service.end('SIGTERM')
  console.log(`Through OpenSMTPD: ${wanted.length} registered, ${right} mails delivered with their kind and link`)
  return right === wanted.length
}

/** Each mail is a file in the folder that is returned. */
async function startSmtpd(folder: string, port: number): Promise<string> {
  const mails = join(folder, 'mails')
  mkdirSync(mails)
  // The mails are written by the user nobody.
  chmodSync(folder, 0o755)
  chmodSync(mails, 0o777)
  const config = join(folder, 'smtpd.conf')
  const lines = [
    `listen on 127.0.0.1 port ${port}`,
    'table people { "@" = "nobody" }',
    `action "keep" mda "/bin/sh -c 'cat > ${mails}/$$.eml'" virtual <people>`,
    'match from any for any action "keep"',
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  const server: ChildProcess = spawn('smtpd', ['-d', '-f', config], { env: SERVER_ENV, stdio: 'ignore' })
  server.on('error', () => console.error('smtpd cannot be started: install opensmtpd'))
  process.once('exit', () => server.kill('SIGTERM'))
  while (!(await isListening(port))) {
    if (server.exitCode !== null) throw new Error('smtpd ended: it needs root, and no other one that runs')
    await pause(50)
  }
  return mails
}

function isListening(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
    socket.unref()
  })
}

/** How many of the addresses got one mail, of the right kind and with its link. */
async function waitForMails(folder: string, wanted: readonly string[]): Promise<number> {
  const deadline = performance.now() + WAIT_MS
  while (readdirSync(folder).length < wanted.length && performance.now() < deadline) await pause(100)
  const mails = await Promise.all(readdirSync(folder).map((file) => simpleParser(readFileSync(join(folder, file)))))
  const right = mails.filter(
    ({ headers, text }) =>
      headers.get('x-gatehouse-mail') === 'verify-email' && /^http\S+\/verify-email#token=\S+$/m.test(text ?? ''),
  )
  const recipients = right.flatMap(({ to }) => [to ?? []].flat().map(({ text }) => text))
  return wanted.filter((email) => recipients.filter((recipient) => recipient === email).length === 1).length
}
