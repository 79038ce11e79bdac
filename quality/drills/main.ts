/** `npm run drill -- NAME [options]`: checks that take too long for the tests. Exits with 0 where all passed. */
const DRILLS: Record<string, string> = {
  kill: 'SIGKILL and SIGTERM during writes and logins: [--writes 10000] [--kills 30] [--stops 20] [--on mysql|sqlite]',
  mails: 'SIGKILL amid mails: [--mails 500] [--kills 20] [--on mysql|sqlite]',
  smtp: 'mails through OpenSMTPD on loopback, as root: [--mails 20]',
  fuzz: 'random operations and random bytes: [--count 20000] [--seed N] [--on mysql|sqlite]',
  soak: 'heap, descriptors and connections stay as they are while accounts come and go: [--minutes 10] [--sqlite]',
  rolling: 'instances behind HAProxy are restarted in turn, and no request fails: [--rounds 5] [--drain 5]',
  tabs: 'five tabs in Chromium reload at random over a bad line, and no session is lost: [--rounds 20]',
  timing: 'refused logins take the same time, account or none: [--tries 300] [--sqlite]',
}

interface Drill {
  /** Prints the findings. @returns whether all checks passed */
  run(args: string[]): Promise<boolean>
}

// Exit handlers kill the processes that a drill has started; a signal alone would skip them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const [name = '', ...args] = process.argv.slice(2)

if (name in DRILLS) {
  const drill = (await import(`./${name}.ts`)) as Drill
  process.exit((await drill.run(args)) ? 0 : 1)
}
const lines = Object.entries(DRILLS).map(([drill, text]) => `  ${drill}  ${text}`)
process.stderr.write(`npm run drill -- NAME [options]\n${lines.join('\n')}\n`)
process.exit(1)
