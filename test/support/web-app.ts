import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const FOLDER = resolve(import.meta.dirname, '../../examples/web')
const AXE = join(FOLDER, 'node_modules/axe-core/axe.min.js')
/** Written where it is set: each page wide and narrow, light and dark. */
const { SCREENSHOTS } = process.env

const WIDE = { width: 1280, height: 800 }
const NARROW = { width: 360, height: 740 }

/** For `skipIf`. With CI set, a missing app fails the suite instead. */
export function isWebAppMissing(suite: string): boolean {
  if (existsSync(join(FOLDER, 'dist/index.html')) && existsSync(AXE)) return false
  const remedy = 'npm ci --prefix examples/web && npm run build --prefix examples/web'
  if (process.env.CI) throw new Error(`examples/web is not built: ${remedy}`)
  console.warn(`Not run, because examples/web is not built (${remedy}): ${suite}`)
  return true
}

type Rule = { id: string; impact: string | null; nodes: { html: string; failureSummary: string }[] }

/** What axe-core calls serious or worse, and whether the page is wider than the window: wide and light, narrow and dark. */
export async function inspect(page: Page, name: string): Promise<void> {
  await page.locator('.loading').first().waitFor({ state: 'detached' })
  for (const [size, colorScheme, isInspected] of [
    [WIDE, 'light', true],
    [NARROW, 'dark', true],
    [WIDE, 'dark', false],
    [NARROW, 'light', false],
  ] as const) {
    if (!isInspected && !SCREENSHOTS) continue
    await page.setViewportSize(size)
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const file = `${name}-${size.width}-${colorScheme}`
    if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${file}.png`), fullPage: true })
    if (isInspected) expect([file, ...(await faultsOf(page))]).toEqual([file])
  }
  await page.setViewportSize(WIDE)
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
}

async function faultsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(readFileSync(AXE, 'utf8'))
  const rules = await page.evaluate<Rule[]>("axe.run({ resultTypes: ['violations'] }).then((run) => run.violations)")
  const excess = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  return [
    ...rules
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`,
      ),
    ...(excess > 0 ? [`${excess} px wider than the window`] : []),
  ]
}
