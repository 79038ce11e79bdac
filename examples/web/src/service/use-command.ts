import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import type { AnyVariables } from '@urql/core'
import { useCallback } from 'react'
import { useClient } from 'urql'

/** Whatever is shown of these is asked for again after a change; answers of changes do not name all that they touch. */
const TOUCHED = ['User', 'UserConnection', 'Session', 'Activity', 'ActivityConnection', 'Role', 'ApiKey']

/**
 * A mutation as a function. It throws what `problemOf` describes.
 * @param touched types of which all that is shown is asked for again
 */
export function useCommand<TData, TVariables extends AnyVariables>(
  document: TypedDocumentNode<TData, TVariables>,
  touched = TOUCHED,
): (variables: TVariables) => Promise<TData> {
  const client = useClient()
  return useCallback(
    async (variables) => {
      const { data, error } = await client.mutation(document, variables, { additionalTypenames: touched }).toPromise()
      if (error) throw error
      return data as TData
    },
    [client, document, touched],
  )
}
