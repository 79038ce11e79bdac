import { useEffect, useState } from 'react'
import { Provider } from 'urql'
import { Redirect, Route, Router, Switch, useLocation, useSearch } from 'wouter'
import { ForgottenPassword } from './pages/forgotten-password.tsx'
import { Register } from './pages/register.tsx'
import { ResetPassword } from './pages/reset-password.tsx'
import { RevertEmail } from './pages/revert-email.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { SignedInPages } from './pages/signed-in.tsx'
import { VerifyEmail } from './pages/verify-email.tsx'
import { Loading } from './parts/answer.tsx'
import { Notices } from './parts/notices.tsx'
import { PasswordRequest } from './parts/password-request.tsx'
import { Shell } from './parts/shell.tsx'
import { createClient } from './service/client.ts'
import { passwordRequest } from './service/password-request.ts'
import { signIn } from './service/session.ts'
import { useStore } from './service/store.ts'
import { ViewerProvider } from './service/viewer.tsx'

const BASE = import.meta.env.BASE_URL.replace(/\/$/, '')

export function App() {
  const { isKnown, userId } = useStore(signIn)
  return (
    <Router base={BASE}>
      {isKnown ? (
        <ForUser key={userId} userId={userId} />
      ) : (
        <main className="alone">
          <Loading lines={2} />
        </main>
      )}
      <Notices />
    </Router>
  )
}

/** What one user has asked for is never shown to the next: each has a client. */
function ForUser({ userId }: { userId: string | null }) {
  const [client] = useState(() => createClient(userId))
  // In the next session nobody answers for this one.
  useEffect(() => () => passwordRequest.get()?.giveUp(), [])
  return (
    <Provider value={client}>
      <Switch>
        <Route path="/verify-email" component={VerifyEmail} />
        <Route path="/reset-password" component={ResetPassword} />
        <Route path="/revert-email" component={RevertEmail} />
        <Route path="/forgotten-password" component={ForgottenPassword} />
        <Route path="/register">{userId ? <Redirect to="/" /> : <Register />}</Route>
        <Route path="/sign-in">{userId ? <BackToPage /> : <SignIn />}</Route>
        <Route>{userId ? <SignedIn /> : <ToSignIn />}</Route>
      </Switch>
    </Provider>
  )
}

function SignedIn() {
  return (
    <ViewerProvider>
      <Shell>
        <SignedInPages />
      </Shell>
      <PasswordRequest />
    </ViewerProvider>
  )
}

/** Remembers where somebody wanted to go, unless they have just signed out. */
function ToSignIn() {
  const [path, navigate] = useLocation()
  const search = useSearch()
  const { reason } = useStore(signIn)
  const next = search ? `${path}?${search}` : path
  useEffect(() => {
    navigate('/sign-in', { replace: true, state: reason === 'SIGNED_OUT' ? null : { next } })
  }, [next, navigate, reason])
  return null
}

function BackToPage() {
  const { next } = (history.state ?? {}) as { next?: string }
  return <Redirect to={next ?? '/'} replace />
}
