import { useEffect, useState } from 'react'
import { encode } from 'uqr'
import { graphql } from '../gql/gql.ts'
import type { StartTotpMutation } from '../gql/graphql.ts'
import { type Problem, problemOf } from '../service/problem.ts'
import { useCommand } from '../service/use-command.ts'
import { Loading } from './answer.tsx'
import { Dialog, FormDialog } from './dialog.tsx'
import { CodeField, type Values } from './form.tsx'
import { ProblemBox } from './problem-box.tsx'

const START = graphql(`
  mutation StartTotp {
    startTotp {
      secret
      uri
    }
  }
`)

const CONFIRM = graphql(`
  mutation ConfirmTotp($code: String!) {
    confirmTotp(input: { code: $code }) {
      recoveryCodes
      user {
        id
        totpEnabledAt
      }
    }
  }
`)

interface SetUpProps {
  onClose: () => void
  onCodes: (codes: string[]) => void
}

/** Shows the secret to the app, and takes the app's first code. */
export function SecondFactorSetUp({ onClose, onCodes }: SetUpProps) {
  const start = useCommand(START)
  const confirm = useCommand(CONFIRM)
  const [setUp, setSetUp] = useState<StartTotpMutation['startTotp']>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  useEffect(() => {
    let isOver = false
    start({}).then(
      ({ startTotp }) => isOver || setSetUp(startTotp),
      (error: unknown) => isOver || setProblem(problemOf(error)),
    )
    return () => {
      isOver = true
    }
  }, [start])

  if (!setUp) {
    return (
      <Dialog title="Set up two-step sign-in" onClose={onClose}>
        {problem ? <ProblemBox problem={problem} /> : <Loading lines={4} />}
      </Dialog>
    )
  }
  const submit = async (values: Values) => {
    const { confirmTotp } = await confirm({ code: values.text('code') })
    if (confirmTotp) onCodes(confirmTotp.recoveryCodes)
  }
  return (
    <FormDialog title="Set up two-step sign-in" action="Turn on" onSubmit={submit} onClose={onClose}>
      <ol className="steps">
        <li>
          <p>Scan this with an authenticator app, such as Aegis, 1Password or Google Authenticator.</p>
          <QrCode text={setUp.uri} label="QR code for the authenticator app" />
          <details>
            <summary>It cannot be scanned</summary>
            <p>Type this key into the app:</p>
            <code className="secret">{setUp.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
          </details>
        </li>
        <li>
          <CodeField label="The six digits that the app shows" />
        </li>
      </ol>
    </FormDialog>
  )
}

/** Made here: the secret goes to nobody else. Dark on light in both themes, as apps read it so. */
function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 2 })
  const dots = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <path d={dots.join('')} />
    </svg>
  )
}
