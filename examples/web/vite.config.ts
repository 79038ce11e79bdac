import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const CLIENT = resolve(import.meta.dirname, '../../packages/client/src')

/** The service keeps an origin's cookies to itself, so the page and the API are on one: here by Vite's proxy. */
const SERVICE = process.env['SERVICE_URL'] ?? 'http://127.0.0.1:4000'

export default defineConfig({
  // Where the service serves what is built.
  base: '/app/',
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^gatehouse-client$/, replacement: resolve(CLIENT, 'index.ts') },
      { find: /^gatehouse-client\/urql$/, replacement: resolve(CLIENT, 'urql.ts') },
    ],
  },
  build: {
    // The service's policy allows no data: in styles.
    assetsInlineLimit: 0,
    // The first ones with light-dark().
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  },
  server: { port: 5173, strictPort: true, host: 'localhost', proxy: { '/graphql': SERVICE } },
})
