import { createApp, readConfig } from 'gatehouse'
import { bookmarks } from './bookmark.feature.ts'

const app = await createApp(readConfig(process.env), { features: [bookmarks] })
console.log(`${app.url}/graphql`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close())
