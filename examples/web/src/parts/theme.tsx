import { useState } from 'react'
import { Icon } from './icon.tsx'

const THEMES = [
  ['system', 'desktop', 'As the system'],
  ['light', 'sun', 'Light'],
  ['dark', 'moon', 'Dark'],
] as const

type Theme = (typeof THEMES)[number][0]

/** `public/theme.js` reads the same before the first paint. */
export function ThemeChoice() {
  const [theme, setTheme] = useState<Theme>((localStorage.getItem('theme') as Theme | null) ?? 'system')
  const choose = (next: Theme) => {
    setTheme(next)
    if (next === 'system') {
      localStorage.removeItem('theme')
      delete document.documentElement.dataset['theme']
    } else {
      localStorage.setItem('theme', next)
      document.documentElement.dataset['theme'] = next
    }
  }
  return (
    <fieldset className="theme">
      <legend className="unseen">Colours</legend>
      {THEMES.map(([value, icon, label]) => (
        <label key={value} title={label}>
          <input type="radio" name="theme" checked={theme === value} onChange={() => choose(value)} />
          <Icon name={icon} />
          <span className="unseen">{label}</span>
        </label>
      ))}
    </fieldset>
  )
}
