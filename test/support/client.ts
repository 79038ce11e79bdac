import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'

export interface GraphQLFault {
  message: string
  path?: (string | number)[]
  extensions: { code: string; [key: string]: unknown }
}

export interface Answer<TData> {
  status: number
  headers: Headers
  data: TData | null
  errors: GraphQLFault[]
  /** The codes of the errors, in order. */
  codes: string[]
}

export interface CallOptions {
  token?: string
  headers?: Record<string, string>
}

/** A GraphQL client over HTTP. Typed for documents made by codegen; plain text answers `any shape you name`. */
export class TestClient {
  constructor(
    private readonly url: string,
    private readonly defaults: CallOptions = {},
  ) {}

  /** The same client with other credentials. */
  with(defaults: CallOptions): TestClient {
    return new TestClient(this.url, defaults)
  }

  async run<TData, TVariables>(
    document: TypedDocumentNode<TData, TVariables> | string,
    variables?: TVariables,
    options: CallOptions = {},
  ): Promise<Answer<TData>> {
    const token = options.token ?? this.defaults.token
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
        ...this.defaults.headers,
        ...options.headers,
      },
      body: JSON.stringify({ query: typeof document === 'string' ? document : print(document), variables }),
    })
    const { data = null, errors = [] } = (await response.json()) as { data?: TData | null; errors?: GraphQLFault[] }
    const codes = errors.map(({ extensions }) => extensions.code)
    return { status: response.status, headers: response.headers, data, errors, codes }
  }

  /** Like `run`. Fails on errors. */
  async get<TData, TVariables>(
    document: TypedDocumentNode<TData, TVariables> | string,
    variables?: TVariables,
    options: CallOptions = {},
  ): Promise<TData> {
    const { data, errors } = await this.run<TData, TVariables>(document, variables, options)
    if (errors.length > 0 || data === null) throw new Error(`Unexpected errors: ${JSON.stringify(errors)}`)
    return data
  }
}
