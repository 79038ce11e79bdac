import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

interface Pair {
  client: Socket
  server: Socket
  /** True once data was lost. Such a connection never works again. */
  isDead: boolean
}

type Behaviour =
  | { kind: 'pass' }
  | { kind: 'slow'; ms: number }
  | { kind: 'blackHole' }
  | { kind: 'reset' }
  | { kind: 'refuse' }

interface Trap {
  text: string
  spring(pair: Pair, data: Buffer): void
}

/** A proxy in front of a server that causes the faults of networks. */
export class TcpProxy {
  private readonly pairs = new Set<Pair>()
  private behaviour: Behaviour = { kind: 'pass' }
  private trap: Trap | undefined
  private listener: Server | undefined

  private constructor(
    private targetPort: number,
    readonly port: number,
  ) {}

  static async start(targetPort: number): Promise<TcpProxy> {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address() as AddressInfo
    probe.close()
    await once(probe, 'close')
    const proxy = new TcpProxy(targetPort, port)
    await proxy.listen()
    return proxy
  }

  /** The URL of the server, with the proxy's address. */
  through(url: string): string {
    return url.replace(`:${this.targetPort}`, `:${this.port}`)
  }

  /** New connections lead to another server, open ones to the old one. */
  leadTo(port: number): void {
    this.targetPort = port
  }

  get connections(): number {
    return this.pairs.size
  }

  /** Ends the fault. Connections that have lost data stay broken. */
  async pass(): Promise<void> {
    this.behaviour = { kind: 'pass' }
    if (!this.listener) await this.listen()
  }

  /** Delays answers, on open and on new connections. */
  slow(ms: number): void {
    this.behaviour = { kind: 'slow', ms }
  }

  /** Connections stay open and are accepted, but all data is lost. */
  blackHole(): void {
    this.behaviour = { kind: 'blackHole' }
  }

  /** Loses the data of open connections; new ones work. */
  forgetConnections(): void {
    for (const pair of this.pairs) pair.isDead = true
  }

  /** Cuts every answer in the middle, and resets its connection. */
  resetAnswers(): void {
    this.behaviour = { kind: 'reset' }
  }

  /** Resets open connections, and refuses new ones. */
  async refuse(): Promise<void> {
    this.behaviour = { kind: 'refuse' }
    const listener = this.listener
    this.listener = undefined
    for (const pair of this.pairs) this.reset(pair)
    listener?.close()
    if (listener) await once(listener, 'close')
  }

  /**
   * Resets the next connection over which `text` is sent.
   * @param isServed whether the server still receives it, so that only the answer is lost
   * @returns a promise that resolves when it has happened
   */
  resetAt(text: string, isServed: boolean): Promise<void> {
    return new Promise((resolve) => {
      const reset = (pair: Pair) => {
        this.reset(pair)
        resolve()
      }
      const serveAndReset = (pair: Pair, data: Buffer) => {
        pair.isDead = true
        pair.server.once('data', () => reset(pair))
        pair.server.write(data)
      }
      this.trap = { text, spring: isServed ? serveAndReset : reset }
    })
  }

  /** Answers the next data with `text` itself; the server does not receive it. Resolves when it has happened. */
  answerAt(text: string, answer: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const spring = (pair: Pair) => {
        pair.client.write(answer)
        resolve()
      }
      this.trap = { text, spring }
    })
  }

  async close(): Promise<void> {
    await this.refuse()
  }

  private async listen(): Promise<void> {
    this.listener = createServer((client) => this.accept(client)).listen(this.port, '127.0.0.1')
    await once(this.listener, 'listening')
  }

  private accept(client: Socket): void {
    const server = connect(this.targetPort, '127.0.0.1')
    const pair: Pair = { client, server, isDead: false }
    this.pairs.add(pair)
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      // Errors are expected here, and 'close' follows.
      socket.on('error', () => undefined)
      socket.on('close', () => this.end(pair))
    }
    client.on('data', (data) => this.toServer(pair, data))
    server.on('data', (data) => this.toClient(pair, data))
  }

  private toServer(pair: Pair, data: Buffer): void {
    if (this.behaviour.kind === 'blackHole') pair.isDead = true
    if (pair.isDead) return
    const { trap } = this
    if (!trap || !data.includes(trap.text)) return void pair.server.write(data)
    this.trap = undefined
    trap.spring(pair, data)
  }

  private toClient(pair: Pair, data: Buffer): void {
    const { behaviour } = this
    if (behaviour.kind === 'blackHole') pair.isDead = true
    if (pair.isDead) return
    if (behaviour.kind === 'slow') return void setTimeout(() => pair.client.write(data), behaviour.ms)
    if (behaviour.kind !== 'reset') return void pair.client.write(data)
    pair.isDead = true
    pair.client.write(data.subarray(0, Math.ceil(data.length / 2)), () => this.reset(pair))
  }

  private reset(pair: Pair): void {
    pair.client.resetAndDestroy()
    pair.server.resetAndDestroy()
    this.pairs.delete(pair)
  }

  /** Closes the other end too, unless the connection loses data. */
  private end(pair: Pair): void {
    this.pairs.delete(pair)
    if (pair.isDead && !pair.client.destroyed && this.behaviour.kind === 'blackHole') return
    pair.client.destroy()
    pair.server.destroy()
  }
}

/** An ERR packet of MySQL's protocol, as the first packet of an answer. */
export function errorPacket(errno: number, sqlState: string, message: string): Buffer {
  const payload = Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from(`#${sqlState}${message}`)])
  return Buffer.concat([Buffer.from([payload.length, 0, 0, 1]), payload])
}
