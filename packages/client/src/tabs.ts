/** Where a session outlives a reload or a restart. The text is opaque; null removes it. */
export interface SessionStore {
  get(): string | null | Promise<string | null>
  set(text: string | null): void | Promise<void>
}

/** An access token as one tab tells it to the others: good for so many milliseconds, as each has a clock of its own. */
export type SharedToken = { sessionId: string; token: string; expiresIn: number }

/** What a session shares with the other tabs of its origin, or with nobody. */
export interface Tabs {
  store: SessionStore
  /** Runs one piece of work at a time. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  share(token: SharedToken): Promise<void>
  close(): void
}

type StorageListener = (event: { key: string | null }) => void

/** What is used of a browser; Node has some of it. Declared here, so that neither's types are needed. */
interface BrowserParts {
  navigator?: { locks?: { request<T>(name: string, work: () => Promise<T>): Promise<T> } }
  localStorage?: { getItem(key: string): string | null; setItem(key: string, text: string): void }
  addEventListener?(type: 'storage', listener: StorageListener): void
  removeEventListener?(type: 'storage', listener: StorageListener): void
}

/** Messages and locks travel apart: a message may take this long to arrive before the lock is free. */
const MESSAGE_MS = 20

const browser = globalThis as BrowserParts

export const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms))

/** For one holder alone: transport BODY, whose tokens are not shared. */
export function standAlone(store = createStore('')): Tabs {
  return { store, exclusively: createQueue(), share: async () => {}, close() {} }
}

/** For the tabs of an origin, which share the cookie: Web Locks, a BroadcastChannel, and localStorage. */
export function shareWithTabs(
  name: string,
  onToken: (token: SharedToken) => void,
  onStored: () => void,
  store = createStore(name, browser.localStorage),
): Tabs {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => onToken(data as SharedToken)
  // The key is null after `localStorage.clear()`.
  const onStorage: StorageListener = ({ key }) => (key ?? name) === name && onStored()
  browser.addEventListener?.('storage', onStorage)
  const locks = browser.navigator?.locks
  return {
    store,
    exclusively: locks ? (work) => locks.request(name, work) : createQueue(),
    async share(token) {
      channel.postMessage(token)
      await pause(MESSAGE_MS)
    },
    close() {
      channel.close()
      browser.removeEventListener?.('storage', onStorage)
    },
  }
}

function createQueue(): Tabs['exclusively'] {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
}

/** In memory, or in a storage, where an empty text stands for null. */
function createStore(key: string, storage?: BrowserParts['localStorage']): SessionStore {
  const kept = new Map<string, string>()
  return {
    get: () => (storage ? storage.getItem(key) : kept.get(key)) || null,
    set: (text) => void (storage ? storage.setItem(key, text ?? '') : kept.set(key, text ?? '')),
  }
}
