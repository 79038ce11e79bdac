import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { SigningKeyRepository } from './signing-key.repository.ts'

/**
 * One Ed25519 key pair. The key with the highest sequence whose `activeFrom` has passed signs.
 * `sequence` is unique, so of two instances that make the next key at once only one succeeds.
 */
@Entity({ tableName: 'signing_keys', repository: () => SigningKeyRepository })
@Unique({ name: 'signing_keys_sequence', properties: ['sequence'] })
export class SigningKey {
  [EntityRepositoryType]?: SigningKeyRepository

  /** `kid` of the tokens that it signs. */
  @PrimaryKey({ type: 'string', length: 36, collation: 'utf8mb4_bin' })
  id!: string

  @Property({ type: 'integer' })
  sequence!: number

  /** Public JWK as JSON. */
  @Property({ type: 'text' })
  publicJwk!: string

  /** Private JWK as a compact JWE (dir, A256GCM) under a key derived from SECRET_KEY. */
  @Property({ type: 'text' })
  encryptedPrivateJwk!: string

  @Property({ type: Date, length: 3 })
  createdAt!: Date

  @Property({ type: Date, length: 3 })
  activeFrom!: Date

  /** When its last token has expired; null while it has no successor. */
  @Property({ type: Date, length: 3, nullable: true })
  retiredAt!: Date | null
}
