import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files whose resolvers, once loaded, TypeGraphQL would add to every schema. All others share the modules of a worker,
 * which takes a third less time than loading them for each file.
 */
const ALONE = [
  'test/contract/{features,root-fields}.test.ts',
  'test/graphql/validate-input.test.ts',
  'examples/**/*.test.ts',
]

/** Vitest starts long files first and goes by their size, which misjudges these. */
const LONGEST = [
  '/test/feature.test.ts',
  '/security/fuzz.test.ts',
  '/drills/durability.test.ts',
  '/instances/isolation.test.ts',
  '/test/main.test.ts',
  '/test/cli.test.ts',
  '/mail/mails.test.ts',
  '/browser/web-app.test.ts',
  '/dev.test.ts',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((path) => moduleId.endsWith(path))
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  resolve: {
    alias: [
      // Two copies of graphql would not know each other's types.
      { find: /^graphql$/, replacement: 'graphql/index.js' },
      // What the projects in examples/ import.
      { find: /^gatehouse$/, replacement: resolve(import.meta.dirname, 'src/index.ts') },
    ],
  },
  test: {
    globalSetup: ['test/support/servers.setup.ts', 'test/support/explorer.setup.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts', 'quality/**/*.test.ts'],
          exclude: ALONE,
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE } },
    ],
    setupFiles: ['reflect-metadata'],
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
