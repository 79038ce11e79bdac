import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { hasNoMariaDb, hasNoPromtool, hasNoRedis } from '../support/installed.ts'
import { MailServer } from '../support/mail-server.ts'
import { freePort } from '../support/server-process.ts'
import { signUp } from '../support/story.ts'
import { login } from '../support/tokens.ts'

const ALERTS = 'docs/monitoring/alerts.yml'
const RULES = readFileSync(ALERTS, 'utf8')
const DASHBOARD = readFileSync('docs/monitoring/grafana-dashboard.json', 'utf8')
const MANUAL = readFileSync('docs/operations.md', 'utf8')

interface Panel {
  title: string
  type: string
  targets?: { expr: string }[]
}

const { panels } = JSON.parse(DASHBOARD) as { panels: Panel[] }
const OF_PANELS = panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr))
const OF_ALERTS = [...RULES.matchAll(/^ {8}expr: (?:>\n)?((?:.*\n?)+?)(?=^ {8}\w)/gm)].map(([, expr]) => String(expr))
const EXPRESSIONS = [...OF_PANELS, ...OF_ALERTS]
/** What Prometheus itself adds. */
const OF_PROMETHEUS = { metrics: ['up'], labels: ['instance', 'job'] }

describe.skipIf(hasNoMariaDb || hasNoRedis)('the dashboard and the alerts', () => {
  /** Label names by metric, as the service exposes them. */
  const exposed = new Map<string, Map<string, Set<string>>>()
  let types: string[]
  let text: string
  let app: TestApp
  let mails: MailServer

  beforeAll(async () => {
    mails = await MailServer.start()
    const env = { METRICS_PORT: String(await freePort()), MAIL_URL: mails.url, RATE_LIMIT_FACTOR: '1' }
    app = await createTestApp({ backend: 'mysql', env })
    const { username, email } = await signUp(app)
    for (let call = 0; call < 11; call += 1) await login(app, username, 'not the password')
    await new TestClient(app.url).run('{ me { id } }')
    await mails.next(email, 'verify-email')
    text = await vi.waitUntil(async () => {
      const now = await (await fetch(`${app.metricsUrl}/metrics`)).text()
      return now.includes('\ngatehouse_mails_total{') && now
    })
    types = [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => String(name))
    for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
      const known = exposed.get(name) ?? new Map<string, Set<string>>()
      for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g))
        known.set(label, (known.get(label) ?? new Set()).add(value))
      exposed.set(name, known)
    }
  })
  afterAll(async () => {
    await app.close()
    await mails.stop()
  })

  it('have an expression in each panel and alert', () => {
    expect(panels.filter(({ type, targets }) => type !== 'row' && !targets?.length)).toEqual([])
    expect(OF_ALERTS).toHaveLength([...RULES.matchAll(/alert:/g)].length)
  })

  it('name metrics and labels that the service exposes, and values that it has', () => {
    for (const expr of EXPRESSIONS) {
      const names = [...expr.matchAll(/\b(?:gatehouse|nodejs|process)_\w+|\bup\b/g)].map(([name]) => name)
      expect([expr, names.length > 0]).toEqual([expr, true])
      const unknown = names.filter((name) => !exposed.has(name) && !OF_PROMETHEUS.metrics.includes(name))
      expect([expr, unknown]).toEqual([expr, []])
      const labels = new Set(names.flatMap((name) => [...(exposed.get(name)?.keys() ?? [])]))
      const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
      const matched = [...expr.matchAll(/(\w+)\s*=~?\s*"/g)].map(([, label = '']) => label)
      const missing = [...grouped, ...matched].filter(
        (label) => !labels.has(label) && !OF_PROMETHEUS.labels.includes(label),
      )
      expect([expr, missing]).toEqual([expr, []])
      for (const [, name = '', matchers = ''] of expr.matchAll(/(\w+)\{([^}]*)\}/g))
        for (const [, label = '', value = ''] of matchers.matchAll(/(\w+)=~?"([^"]*)"/g)) {
          if (OF_PROMETHEUS.labels.includes(label)) continue
          const absent = value.split('|').filter((one) => !exposed.get(name)?.get(label)?.has(one))
          // Only a fault of a root field has this one.
          if (name !== 'gatehouse_graphql_field_errors_total') expect([expr, absent]).toEqual([expr, []])
        }
    }
  })

  it('leave out no metric of the service, and the manual explains each', () => {
    const own = types.filter((name) => name.startsWith('gatehouse_'))
    expect(own.length).toBeGreaterThan(15)
    const all = EXPRESSIONS.join('\n')
    expect(own.filter((name) => !new RegExp(`\\b${name}(_bucket|_count|_sum)?\\b`).test(all))).toEqual([])
    expect(own.filter((name) => !MANUAL.includes(`\`${name}\``))).toEqual([])
    const explained = [...MANUAL.matchAll(/`(gatehouse_\w+)`/g)].map(([, name]) => String(name))
    expect(explained.filter((name) => !own.includes(name))).toEqual([])
  })

  it.skipIf(hasNoPromtool)('and the metrics keep the rules of Prometheus for names and help', () => {
    const lines = text.split('\n').filter((line) => /^(# \w+ )?gatehouse_/.test(line))
    expect(execFileSync('promtool', ['check', 'metrics'], { input: `${lines.join('\n')}\n`, encoding: 'utf8' })).toBe(
      '',
    )
  })
})

describe.skipIf(hasNoPromtool)('promtool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-promtool-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const promtool = (...call: string[]) => execFileSync('promtool', call, { encoding: 'utf8' })

  it('accepts the alerts, which fire where all is wrong, each of them, and are silent where all is well', () => {
    expect(promtool('check', 'rules', ALERTS)).toMatch(/SUCCESS: \d+ rules found/)
    expect(promtool('test', 'rules', 'test/monitoring/alerts.test.yml')).toContain('SUCCESS')
    const tested = readFileSync('test/monitoring/alerts.test.yml', 'utf8')
    const alerts = [...RULES.matchAll(/alert: (\w+)/g)].map(([, name]) => name)
    expect(alerts.filter((name) => !tested.includes(`alertname="${name}"`))).toEqual([])
  })

  it('can read each expression of the dashboard', () => {
    const rules = EXPRESSIONS.map((expr, n) => ({
      record: `panel:${n}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
    }))
    // JSON is YAML.
    writeFileSync(join(folder, 'panels.yml'), JSON.stringify({ groups: [{ name: 'panels', rules }] }))
    expect(promtool('check', 'rules', join(folder, 'panels.yml'))).toContain(
      `SUCCESS: ${EXPRESSIONS.length} rules found`,
    )
  })
})
