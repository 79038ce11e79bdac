import { type Answer, type Operation, Session } from './session.ts'
import { type Tab, TOUR, tabOf } from './tour.ts'

/** What the bundle of render-graphiql gives, with those props of GraphiQL that are used here. */
interface YogaGraphiQL {
  renderYogaGraphiQL(element: Element, props: GraphiQLProps): void
}

interface GraphiQLProps {
  fetcher(operation: Operation, options?: { headers?: Record<string, string> }): Promise<Answer>
  defaultTabs: Tab[]
  initialVariables: string
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'clear' | 'length'>
  shouldPersistHeaders: boolean
  onEditQuery(query: string): void
  title: string
}

declare global {
  interface Window {
    YogaGraphiQL: YogaGraphiQL
  }
}

const tabs = [...tabOf(new URLSearchParams(location.search)), ...TOUR]
const endpoint = location.origin + location.pathname
const form = element('sign-in', HTMLFormElement)
const message = element('message', HTMLElement)
const session = new Session(endpoint, showSession)

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void signIn()
})
element('sign-out', HTMLButtonElement).addEventListener('click', () => void signOut())
element('sandbox', HTMLAnchorElement).href =
  `https://studio.apollographql.com/sandbox/explorer?endpoint=${encodeURIComponent(endpoint)}`
showSession()

window.YogaGraphiQL.renderYogaGraphiQL(element('graphiql', HTMLElement), {
  fetcher: (operation, options) => session.run(withOwnName(operation), options?.headers),
  defaultTabs: tabs,
  // GraphiQL leaves out those of the first tab.
  initialVariables: tabs[0]?.variables ?? '',
  storage: memoryStorage(),
  shouldPersistHeaders: false,
  // render-graphiql would write each query into the address.
  onEditQuery: () => undefined,
  title: '',
})

async function signIn(): Promise<void> {
  tell(null)
  const fields = new FormData(form)
  const attempt = session.signIn(String(fields.get('identifier')), String(fields.get('password')))
  const refusal = await attempt.catch(() => 'The service cannot be reached.')
  if (refusal === null) form.reset()
  tell(refusal)
}

async function signOut(): Promise<void> {
  await session.signOut().then(
    () => tell(null),
    () => tell('The service cannot be reached: the session goes on, and this tab has forgotten it.'),
  )
}

/** After a change of tab GraphiQL sends the name of the tab before for a tenth of a second. */
function withOwnName({ operationName, ...operation }: Operation): Operation {
  const isOwn = operationName && new RegExp(`\\b${operationName}\\b`).test(operation.query)
  return isOwn ? { ...operation, operationName } : operation
}

function showSession(): void {
  const { username } = session
  form.hidden = username !== null
  element('signed-in', HTMLElement).hidden = username === null
  element('name', HTMLElement).textContent = username ? `Signed in as ${username}` : 'Signed in'
}

function tell(fault: string | null): void {
  message.textContent = fault
  message.className = fault === null ? '' : 'fault'
}

/** GraphiQL keeps what is typed, passwords and tokens included. In memory it goes with the page. */
function memoryStorage(): GraphiQLProps['storage'] {
  const values = new Map<string, string>()
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
    clear: () => values.clear(),
    get length() {
      return values.size
    },
  }
}

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`No #${id}`)
  return found
}
