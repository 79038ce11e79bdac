import type { DeepReadonly } from '../deep-freeze.ts'
import { AppError, ErrorCode } from '../errors.ts'
import type { DocumentFile } from './document-file.ts'
import type { RequestInfo } from './request-info.ts'

export interface TrustedDocumentsOptions extends DocumentFile {
  /** Only these documents run; texts are refused. */
  isOnly: boolean
}

const REFUSALS = {
  [ErrorCode.DOCUMENT_NOT_FOUND]: 'There is no trusted document of this documentId.',
  [ErrorCode.DOCUMENT_NOT_TRUSTED]: 'Trusted documents alone run here: send a documentId in place of a text.',
}

/** Nothing ran. The message does not repeat what was sent. */
export class DocumentRefusedError extends AppError {
  constructor(code: keyof typeof REFUSALS) {
    super(code, REFUSALS[code])
  }
}

/**
 * The documents of TRUSTED_DOCUMENTS, which run by `documentId` (GraphQL over HTTP, appendix A). They are parsed,
 * validated and limited like any other.
 */
export class TrustedDocuments {
  readonly #chosen = new WeakMap<RequestInfo, string>()

  constructor(private readonly options: DeepReadonly<TrustedDocumentsOptions>) {}

  /** @throws DocumentRefusedError for an identifier that names none */
  choose(request: RequestInfo, documentId: string): void {
    const { texts } = this.options
    const text = Object.hasOwn(texts, documentId) ? texts[documentId] : undefined
    if (text === undefined) throw new DocumentRefusedError(ErrorCode.DOCUMENT_NOT_FOUND)
    this.#chosen.set(request, text)
  }

  /** @throws DocumentRefusedError where a text may not run */
  refuseText(): void {
    if (this.options.isOnly) throw new DocumentRefusedError(ErrorCode.DOCUMENT_NOT_TRUSTED)
  }

  /** What runs. Where only trusted documents may, a text never does, however it came here. */
  textOf(request: RequestInfo, sent: string | undefined): string | undefined {
    return this.#chosen.get(request) ?? (this.options.isOnly ? undefined : sent)
  }
}
