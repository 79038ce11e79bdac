import type { CodegenConfig } from '@graphql-codegen/cli'

/** The typed client of the tests: each `graphql(…)` in them gets the types of its answer and its variables. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['test/**/*.ts', '!test/support/generated/**'],
  importExtension: '.ts',
  generates: {
    'test/support/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: {
          DateTime: 'string',
          JSON: 'unknown',
        },
      },
    },
    // ErrorCode and FieldErrorCode, with the other enums, for packages/client.
    'packages/client/src/enums.ts': {
      plugins: ['typescript'],
      config: { onlyEnums: true, enumsAsTypes: true },
    },
  },
}

export default config
