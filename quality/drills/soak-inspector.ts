import { once } from 'node:events'

export interface Inside {
  heapUsed: number
  rss: number
  handles: number
}

const LOOK = `JSON.stringify({ ...process.memoryUsage(), handles: process.getActiveResourcesInfo().length })`

interface Reply {
  id: number
  result?: { result?: { value?: string } }
  error?: { message: string }
}

/** Reads memory and handles of a process that was started with `--inspect`. */
export class Inspector {
  private readonly socket: WebSocket
  private lastId = 0
  private readonly waiting = new Map<number, (reply: Reply) => void>()

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.addEventListener('message', ({ data }) => {
      const reply = JSON.parse(String(data)) as Reply
      this.waiting.get(reply.id)?.(reply)
      this.waiting.delete(reply.id)
    })
  }

  /** @param output the process's stderr, which contains the inspector's address */
  static async open(output: string): Promise<Inspector> {
    const url = /ws:\/\/\S+/.exec(output)?.[0]
    if (url === undefined) throw new Error('The process has no inspector')
    const socket = new WebSocket(url)
    await once(socket, 'open')
    return new Inspector(socket)
  }

  /** Collects garbage twice: the second collection frees what the first one finalised. */
  async look(): Promise<Inside> {
    await this.send('HeapProfiler.collectGarbage')
    await this.send('HeapProfiler.collectGarbage')
    const reply = await this.send('Runtime.evaluate', { expression: LOOK, returnByValue: true })
    return JSON.parse(reply.result?.result?.value ?? '') as Inside
  }

  close(): void {
    this.socket.close()
  }

  private async send(method: string, params: object = {}): Promise<Reply> {
    const id = ++this.lastId
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.waiting.set(id, resolve)
    this.socket.send(JSON.stringify({ id, method, params }))
    const reply = await promise
    if (reply.error) throw new Error(`${method}: ${reply.error.message}`)
    return reply
  }
}
