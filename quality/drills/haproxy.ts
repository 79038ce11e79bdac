import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ServerProcess, startServerProcess } from '../../test/support/server-process.ts'

/**
 * HAProxy in front of instances, with checks every 250 ms, two of which decide. It never tries a request again, as it
 * does by default, so that each refusal shows. The checks are those of a plain `option httpchk`: HTTP/1.0, no Host.
 */
export async function startHaproxy(instanceUrls: string[]): Promise<ServerProcess> {
  const servers = instanceUrls.map((url, i) => `  server s${i} ${new URL(url).host} check`)
  const config = (port: number) => `
defaults
  mode http
  retries 0
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  # Of a busy machine; by default a check must be answered within its interval.
  timeout check 3s
frontend web
  bind 127.0.0.1:${port}
  option forwardfor
  default_backend gatehouse
backend gatehouse
  balance roundrobin
  option httpchk GET /health/ready
  default-server inter 250 fall 2 rise 2
${servers.join('\n')}
`
  return startServerProcess({
    command: 'haproxy',
    urlOf: (port) => `http://127.0.0.1:${port}`,
    prepare: (folder, port) => writeFile(join(folder, 'haproxy.cfg'), config(port)),
    argumentsFor: (_port, folder) => ['-db', '-f', join(folder, 'haproxy.cfg')],
    async whenReady(port) {
      while (!(await isServing(port))) await delay(50)
    },
  })
}

async function isServing(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health/live`).then(
    ({ ok }) => ok,
    () => false,
  )
}
