import { useId } from 'react'
import type { Permission } from '../gql/graphql.ts'
import { useViewer } from '../service/viewer.tsx'
import { Fault, useFault } from './form.tsx'
import { describePermission } from './names.ts'

/** Boxes for what the viewer may do, as nobody can give more; the form has them as `permissions`. */
export function PermissionChoice({ chosen = [] }: { chosen?: readonly Permission[] }) {
  const { permissions } = useViewer()
  const id = useId()
  const fault = useFault('permissions')
  return (
    <fieldset className="choices" aria-describedby={fault && id} data-problem={fault && ''} tabIndex={-1}>
      <legend>Permissions</legend>
      {permissions?.map((permission) => (
        <label key={permission}>
          <input type="checkbox" name="permissions" value={permission} defaultChecked={chosen.includes(permission)} />
          {describePermission(permission)}
        </label>
      ))}
      {fault && <Fault id={id} text={fault} />}
    </fieldset>
  )
}

export function PermissionList({ of: permissions }: { of: readonly Permission[] }) {
  return (
    <details>
      <summary>{permissions.length === 1 ? '1 permission' : `${permissions.length} permissions`}</summary>
      <ul className="facts">
        {permissions.map((permission) => (
          <li key={permission}>{describePermission(permission)}</li>
        ))}
      </ul>
    </details>
  )
}
