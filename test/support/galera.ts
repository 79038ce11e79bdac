import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { MARIADB } from './mariadb.ts'
import { freePort, type ServerProcess, startServerProcess } from './server-process.ts'

/** Where Debian's package galera-4 puts it. */
const PROVIDER = '/usr/lib/galera/libgalera_smm.so'

/** With CI set, a missing library fails the run instead. */
export function isGaleraMissing(suite: string): boolean {
  if (existsSync(PROVIDER)) return false
  if (process.env.CI) throw new Error('galera-4 is not installed')
  console.warn(`Not run, because galera-4 is not installed: ${suite}`)
  return true
}

/** Two nodes of one cluster, each `mysql://root@127.0.0.1:port`. The second one copies the first, in some 4 s. */
export async function startGalera(): Promise<[ServerProcess, ServerProcess]> {
  const address = `127.0.0.1:${await freePort()}`
  const first = await startNode(address, address, ['--wsrep-new-cluster'])
  try {
    return [first, await startNode(`127.0.0.1:${await freePort()}`, address)]
  } catch (error) {
    await first.stop()
    throw error
  }
}

async function startNode(listen: string, cluster: string, options: string[] = []): Promise<ServerProcess> {
  const [sst, ist] = [await freePort(), await freePort()]
  const provider = `gmcast.listen_addr=tcp://${listen};ist.recv_addr=127.0.0.1:${ist};gcache.size=64M`
  return startServerProcess({
    ...MARIADB,
    async prepare(folder, port) {
      await MARIADB.prepare?.(folder, port)
      // The copy by rsync fails for root.
      if (isRoot) spawnSync('chown', ['-R', 'mysql', folder])
    },
    argumentsFor: (port, folder) => [
      ...MARIADB.argumentsFor(port, folder).filter((option) => option !== '--user=root'),
      ...(isRoot ? ['--user=mysql'] : []),
      '--binlog-format=ROW',
      '--innodb-autoinc-lock-mode=2',
      '--innodb-flush-log-at-trx-commit=0',
      '--wsrep-on=ON',
      `--wsrep-provider=${PROVIDER}`,
      `--wsrep-provider-options=${provider}`,
      '--wsrep-cluster-name=test',
      `--wsrep-cluster-address=gcomm://${cluster}`,
      '--wsrep-node-address=127.0.0.1',
      `--wsrep-node-incoming-address=127.0.0.1:${port}`,
      '--wsrep-sst-method=rsync',
      `--wsrep-sst-receive-address=127.0.0.1:${sst}`,
      ...options,
    ],
    async whenReady(port) {
      while (!(await isSynced(port))) await delay(50)
    },
  })
}

const isRoot = process.getuid?.() === 0

async function isSynced(port: number): Promise<boolean> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' }).catch(() => null)
  if (!connection) return false
  const [rows] = await connection.query<RowDataPacket[]>("show status like 'wsrep_local_state_comment'")
  await connection.end()
  return rows[0]?.['Value'] === 'Synced'
}
