import '@fontsource-variable/inter/wght.css'
import './styles/base.css'
import './styles/parts.css'
import './styles/layout.css'
import './service/mail-token.ts'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { Crash } from './parts/crash.tsx'

const root = document.getElementById('root')
if (!root) throw new Error('No #root')
createRoot(root).render(
  <StrictMode>
    <Crash>
      <App />
    </Crash>
  </StrictMode>,
)
