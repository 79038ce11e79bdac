import { type KeyboardEvent, type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import type { Permission } from '../gql/graphql.ts'
import { session } from '../service/session.ts'
import { nameOf, useMay, useViewer } from '../service/viewer.tsx'
import { Avatar } from './avatar.tsx'
import { Brand } from './brand.tsx'
import { ConfirmAddress } from './confirm-address.tsx'
import { Icon, type IconName } from './icon.tsx'
import { notify } from './notices.tsx'
import { ThemeChoice } from './theme.tsx'

interface Place {
  path: string
  icon: IconName
  label: string
  needs?: Permission
}

const OWN: Place[] = [
  { path: '/', icon: 'home', label: 'Overview' },
  { path: '/profile', icon: 'user', label: 'Profile' },
  { path: '/security', icon: 'shield', label: 'Security' },
  { path: '/sessions', icon: 'devices', label: 'Devices' },
  { path: '/keys', icon: 'key', label: 'API keys' },
  { path: '/activity', icon: 'activity', label: 'Activity', needs: 'ACTIVITY_READ_OWN' },
]

const ADMINISTRATION: Place[] = [
  { path: '/users', icon: 'users', label: 'Users', needs: 'USER_READ' },
  { path: '/roles', icon: 'roles', label: 'Roles', needs: 'ROLE_MANAGE' },
  { path: '/log', icon: 'log', label: 'All activity', needs: 'ACTIVITY_READ_ANY' },
]

/** Navigation beside a page, and above it on small screens. */
export function Shell({ children }: { children: ReactNode }) {
  const viewer = useViewer()
  const may = useMay()
  const [isOpen, setOpen] = useState(false)
  const open = (places: Place[]) => places.filter(({ needs }) => !needs || may(needs))
  const administration = open(ADMINISTRATION)
  const signOut = () => session.logout().catch(() => notify('Signed out here. The service could not be told.'))
  const close = () => setOpen(false)
  const closeByKey = ({ key }: KeyboardEvent) => key === 'Escape' && close()
  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="bar">
        <Link href="/" className="home" onClick={close}>
          <Brand />
        </Link>
        <button
          type="button"
          className="icon-button menu"
          aria-expanded={isOpen}
          aria-controls="navigation"
          aria-label="Menu"
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name={isOpen ? 'close' : 'menu'} />
        </button>
      </header>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: A key for what the button in the bar does. */}
      <div id="navigation" className={isOpen ? 'side open' : 'side'} onKeyDown={closeByKey}>
        <nav aria-label="Main">
          <Places places={open(OWN)} label="Your account" onGo={close} />
          {administration.length > 0 && <Places places={administration} label="Administration" onGo={close} />}
        </nav>
        <div className="who">
          <Link href="/profile" className="person" onClick={close}>
            <Avatar name={nameOf(viewer)} />
            <span>
              <b>{nameOf(viewer)}</b>
              <small>{viewer.email}</small>
            </span>
          </Link>
          <div className="who-actions">
            <ThemeChoice />
            <button type="button" className="icon-button" aria-label="Sign out" title="Sign out" onClick={signOut}>
              <Icon name="sign-out" />
            </button>
          </div>
        </div>
      </div>
      <main id="content" tabIndex={-1}>
        <ConfirmAddress />
        {children}
      </main>
    </div>
  )
}

function Places({ places, label, onGo }: { places: Place[]; label: string; onGo: () => void }) {
  const [location] = useLocation()
  return (
    <>
      <h2>{label}</h2>
      <ul>
        {places.map(({ path, icon, label }) => {
          const isHere = path === '/' ? location === '/' : location === path || location.startsWith(`${path}/`)
          return (
            <li key={path}>
              <Link href={path} aria-current={isHere ? 'page' : undefined} onClick={onGo}>
                <Icon name={icon} /> {label}
              </Link>
            </li>
          )
        })}
      </ul>
    </>
  )
}
