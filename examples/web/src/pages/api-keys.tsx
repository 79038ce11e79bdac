import { useState } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../gql/gql.ts'
import type { ApiKeysQuery, Permission } from '../gql/graphql.ts'
import { Answer } from '../parts/answer.tsx'
import { Button } from '../parts/button.tsx'
import { FormDialog } from '../parts/dialog.tsx'
import { SelectField, TextField, type Values } from '../parts/form.tsx'
import { Icon } from '../parts/icon.tsx'
import { notify } from '../parts/notices.tsx'
import { Card, Page } from '../parts/page.tsx'
import { PermissionChoice, PermissionList } from '../parts/permission-choice.tsx'
import { Secret } from '../parts/secret.tsx'
import { formatDay, Time } from '../parts/time.tsx'
import { useCommand } from '../service/use-command.ts'

const KEYS = graphql(`
  query ApiKeys {
    me {
      id
      apiKeys {
        id
        name
        hint
        permissions
        createdAt
        expiresAt
        lastUsedAt
      }
    }
  }
`)

const CREATE = graphql(`
  mutation CreateApiKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
      secret
      apiKey {
        id
        name
      }
    }
  }
`)

const REVOKE = graphql(`
  mutation RevokeApiKey($apiKeyId: ID!) {
    revokeApiKey(input: { apiKeyId: $apiKeyId }) {
      apiKeyId
    }
  }
`)

type Key = NonNullable<NonNullable<ApiKeysQuery['me']>['apiKeys']>[number]

const LIVES = [7, 30, 90, 365]
const DAY_MS = 86_400_000

export function ApiKeys() {
  const [answer] = useQuery({ query: KEYS })
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null)
  return (
    <Page
      title="API keys"
      lead="For programs that act as you, each with what you allow it and no longer than you say."
      actions={
        <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
          New key
        </Button>
      }
    >
      <Card>
        <Answer of={answer}>
          {({ me }) =>
            me?.apiKeys?.length ? (
              <ul className="rows">
                {me.apiKeys.map((key) => (
                  <KeyRow key={key.id} of={key} />
                ))}
              </ul>
            ) : (
              <p className="empty">You have no keys.</p>
            )
          }
        </Answer>
      </Card>
      {isMaking && <NewKey onClose={() => setMaking(false)} onMade={setMade} />}
      {made && <Secret {...made} onClose={() => setMade(null)} />}
    </Page>
  )
}

function KeyRow({ of: { id, name, hint, permissions, expiresAt, lastUsedAt } }: { of: Key }) {
  const revoke = useCommand(REVOKE)
  const [isAsking, setAsking] = useState(false)
  const end = async () => {
    await revoke({ apiKeyId: id })
    notify(`${name} is revoked.`)
  }
  return (
    <li>
      <span className="tile-icon">
        <Icon name="key" />
      </span>
      <div className="grow">
        <b>{name}</b> <code>…{hint}</code>
        <small>
          {lastUsedAt ? (
            <>
              Used <Time of={lastUsedAt} />
            </>
          ) : (
            'Never used'
          )}{' '}
          · until {formatDay(expiresAt)}
        </small>
        <PermissionList of={permissions} />
      </div>
      <Button kind="danger" onClick={() => setAsking(true)}>
        Revoke<span className="unseen"> {name}</span>
      </Button>
      {isAsking && (
        <FormDialog
          title={`Revoke ${name}?`}
          action="Revoke"
          kind="danger"
          onSubmit={end}
          onClose={() => setAsking(false)}
        >
          <p>Programs that use this key are turned away at once.</p>
        </FormDialog>
      )}
    </li>
  )
}

interface NewKeyProps {
  onClose: () => void
  onMade: (made: { name: string; secret: string }) => void
}

function NewKey({ onClose, onMade }: NewKeyProps) {
  const create = useCommand(CREATE)
  const submit = async (values: Values) => {
    const { createApiKey } = await create({
      input: {
        name: values.text('name'),
        permissions: values.all<Permission>('permissions'),
        expiresAt: new Date(Date.now() + Number(values.text('expiresAt')) * DAY_MS).toISOString(),
      },
    })
    if (createApiKey) onMade({ name: createApiKey.apiKey.name, secret: createApiKey.secret })
  }
  return (
    <FormDialog title="New API key" action="Make the key" onSubmit={submit} onClose={onClose}>
      <TextField
        name="name"
        label="Name"
        hint="What it is for, such as: nightly report."
        autoComplete="off"
        autoFocus
      />
      <SelectField name="expiresAt" label="Ends after" defaultValue={90}>
        {LIVES.map((days) => (
          <option key={days} value={days}>
            {days} days
          </option>
        ))}
      </SelectField>
      <PermissionChoice />
    </FormDialog>
  )
}
