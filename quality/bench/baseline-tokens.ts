import { createHmac, randomBytes } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { v7 } from 'uuid'

export interface Claims {
  sub: string
  sid: string
  exp: number
}

type Keys = Map<string, CryptoKey>

const OWN_KID = v7()
const ownKeys = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
const refreshKey = randomBytes(32)

/** The service's public keys and the baseline's own: it signs its tokens with a key pair of its own. */
export async function readTrustedKeys(jwksUrl: string): Promise<Keys> {
  const { keys } = (await (await fetch(jwksUrl)).json()) as { keys: JWK[] }
  const own = { ...(await exportJWK(ownKeys.publicKey)), kid: OWN_KID }
  const imported = [...keys, own].map(
    async (jwk) => [String(jwk.kid), (await importJWK(jwk, 'EdDSA')) as CryptoKey] as const,
  )
  return new Map(await Promise.all(imported))
}

const verified = new LRUCache<string, Claims>({ max: 10_000 })

export async function claimsOf(header: string | undefined, keys: Keys): Promise<Claims | null> {
  const token = /^bearer (.+)$/i.exec(header ?? '')?.[1]
  if (token === undefined) return null
  const claims = verified.get(token) ?? (await verify(token, keys))
  return claims && claims.exp > Date.now() / 1000 ? claims : null
}

async function verify(token: string, keys: Keys): Promise<Claims | null> {
  const keyOf = ({ kid }: { kid?: string }) => keys.get(kid ?? '') ?? Promise.reject(new Error('unknown key'))
  try {
    const { payload } = await jwtVerify<Claims>(token, keyOf, {
      algorithms: ['EdDSA'],
      typ: 'at+jwt',
      issuer: 'gatehouse',
      audience: 'gatehouse',
      requiredClaims: ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp'],
    })
    verified.set(token, payload)
    return payload
  } catch {
    return null
  }
}

export async function signAccessToken(sub: string, sid: string, role: string, iat: number, exp: number) {
  return new SignJWT({ sid, roles: [role] })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: OWN_KID })
    .setIssuer('gatehouse')
    .setAudience('gatehouse')
    .setSubject(sub)
    .setJti(v7())
    .setIssuedAt(iat)
    .setExpirationTime(exp)
    .sign(ownKeys.privateKey)
}

export function refreshTokenOf(sessionId: string): string {
  const claims = Buffer.from(`${sessionId.replaceAll('-', '')}00000001`, 'hex')
  const mac = createHmac('sha256', refreshKey).update(claims).digest()
  return `ghr_${Buffer.concat([claims, mac]).toString('base64url')}`
}
