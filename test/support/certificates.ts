import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** All in PEM. */
export interface Certificates {
  /** The certificate of a new authority. */
  authority: string
  /** What it issued to the server, with its private key. */
  certificate: string
  key: string
}

/** @param names of the server, such as `DNS:localhost` or `IP:127.0.0.1` */
export function createCertificates(names = 'DNS:localhost'): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-certificates-'))
  const openssl = (...values: string[]) => execFileSync('openssl', values, { cwd: folder, stdio: 'ignore' })
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  try {
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'ca-key',
      '-out',
      'ca',
      '-subj',
      '/CN=Authority of tests',
      '-days',
      '2',
    )
    openssl('req', '-new', ...newKey, '-keyout', 'key', '-out', 'request', '-subj', '/CN=Server of tests')
    writeFileSync(join(folder, 'names'), `subjectAltName=${names}\n`)
    const issue = ['-CA', 'ca', '-CAkey', 'ca-key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
    openssl('x509', '-req', '-in', 'request', ...issue, '-out', 'certificate')
    return { authority: read('ca'), certificate: read('certificate'), key: read('key') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
