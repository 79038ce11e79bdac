import { z } from 'zod'
import { boolean, oneOf } from './config-values.ts'
import { readDocumentFile } from './graphql/document-file.ts'

/** The variables of trusted documents. @param mode TRUSTED_DOCUMENTS_MODE as given; the explorer depends on it */
export function documentVariables(production: boolean, mode: string | undefined) {
  const isOnly = mode === 'only'
  return {
    TRUSTED_DOCUMENTS: documents().optional(),
    TRUSTED_DOCUMENTS_MODE: oneOf(['allow', 'only']).default('allow'),
    // The explorer sends texts, all of which would be refused.
    EXPLORER: boolean()
      .refine((isOn) => !isOn || !isOnly, 'must be false with TRUSTED_DOCUMENTS_MODE=only')
      .default(!production && !isOnly),
  }
}

function documents() {
  return z.string().transform((path, context) => {
    try {
      return readDocumentFile(path)
    } catch (error) {
      context.addIssue((error as Error).message)
      return z.NEVER
    }
  })
}

interface DocumentSettings {
  TRUSTED_DOCUMENTS_MODE: string
  TRUSTED_DOCUMENTS?: unknown
}

/** Checked whatever else is wrong. Whoever trusts certain documents alone must not end with a service that runs all. */
export function withDocumentRules<Schema extends z.ZodType<DocumentSettings>>(settings: Schema, isNamed: boolean) {
  return settings.refine(({ TRUSTED_DOCUMENTS_MODE }) => TRUSTED_DOCUMENTS_MODE !== 'only' || isNamed, {
    path: ['TRUSTED_DOCUMENTS_MODE'],
    error: 'only needs TRUSTED_DOCUMENTS',
    when: () => true,
  })
}
