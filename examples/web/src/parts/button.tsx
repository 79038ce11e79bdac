import type { ButtonHTMLAttributes, ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: 'primary' | 'danger' | 'plain' | 'quiet'
  icon?: IconName
  /** It stays in the order of the tab key, and does nothing. */
  isBusy?: boolean
  children: ReactNode
}

export function Button({ kind = 'plain', icon, isBusy = false, children, className = '', ...button }: ButtonProps) {
  return (
    <button type="button" className={`button ${kind} ${className}`} aria-disabled={isBusy || undefined} {...button}>
      {isBusy ? <span className="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  )
}
