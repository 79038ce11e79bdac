import { useQuery } from 'urql'
import { graphql } from '../gql/gql.ts'
import { useMay } from '../service/viewer.tsx'
import { SelectField } from './form.tsx'

const ROLE_NAMES = graphql(`
  query RoleNames {
    roles {
      name
      permissions
    }
  }
`)

/** For a filter: every role. */
export function RoleOptions() {
  const [{ data }] = useQuery({ query: ROLE_NAMES })
  return data?.roles?.map(({ name }) => (
    <option key={name} value={name}>
      {name}
    </option>
  ))
}

interface RoleFieldProps {
  name: string
  label: string
  current: string
  except?: string
}

/** Roles that the viewer may give, as they hold nothing which the viewer may not do, and the present one. */
export function RoleField({ name, label, current, except }: RoleFieldProps) {
  const [{ data }] = useQuery({ query: ROLE_NAMES })
  const may = useMay()
  const names = data?.roles
    ?.filter((role) => role.name === current || (role.name !== except && may(...role.permissions)))
    .map((role) => role.name)
  return (
    // A select takes its first value once, so it begins anew when the roles are known.
    <SelectField key={String(names !== undefined)} name={name} label={label} defaultValue={current}>
      {(names ?? [current]).map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </SelectField>
  )
}
