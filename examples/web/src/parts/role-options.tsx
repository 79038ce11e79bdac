import { useQuery } from 'urql'
import { graphql } from '../gql/gql.ts'

const ROLE_NAMES = graphql(`
  query RoleNames {
    roles {
      name
    }
  }
`)

export function RoleOptions() {
  const [{ data }] = useQuery({ query: ROLE_NAMES })
  return data?.roles?.map(({ name }) => (
    <option key={name} value={name}>
      {name}
    </option>
  ))
}
