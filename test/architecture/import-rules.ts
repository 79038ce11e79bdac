import type { SourceFile } from './source-file.ts'

interface ImportRule {
  files: RegExp
  /** What they must not import, not even as a type. */
  never?: RegExp
  /** What they may import as types only. */
  onlyAsType?: RegExp
  /** What they may import as values; everything else is for types at most. */
  onlyValues?: RegExp
  because: string
}

const GRAPHQL = /^(graphql|graphql-.*|type-graphql|@graphql-.*|@apollo\/.*|@as-integrations\/.*|schema\.ts)$/
const HTTP = /^(fastify|@fastify\/.*|node:https?|http\/.*)$/
const ORM = /^(@mikro-orm\/.*|kysely|mysql2|database\/.*)$/
const ENTITY = /\.entity\.ts$/
/** `*.row.ts` holds the rows and columns that repositories select. */
const REPOSITORY = /\.(repository|row)\.ts$/
const SERVICE = /\.service\.ts$/
const SURFACE = /\.(resolver|types|inputs)\.ts$/

/** The composition roots. Features may import only their types. */
const ROOT = /^(app|context|schema)\.ts$/
/** Files that start the process or a command, or compose the service. */
const ENTRY = /^[^/]+\.ts$|^(operations|process)\//

export const IMPORT_RULES: ImportRule[] = [
  {
    files: ENTITY,
    onlyValues: anyOf(/^@mikro-orm\//, ENTITY, /^authorization\/permissions\.ts$/),
    never: anyOf(GRAPHQL, HTTP, REPOSITORY, SERVICE, SURFACE),
    because: 'an entity knows tables and other entities',
  },
  {
    files: REPOSITORY,
    never: anyOf(GRAPHQL, HTTP, SERVICE, SURFACE, /^errors\.ts$/),
    because: 'a repository returns null, the service decides',
  },
  {
    files: SERVICE,
    never: anyOf(GRAPHQL, HTTP, SURFACE),
    because: 'a service is used without GraphQL and HTTP too',
  },
  {
    files: /\.resolver\.ts$/,
    never: anyOf(ORM, REPOSITORY, HTTP),
    onlyAsType: anyOf(ENTITY, SERVICE),
    because: 'a resolver reaches everything through the context',
  },
  {
    files: /\.(types|inputs)\.ts$/,
    never: anyOf(ENTITY, REPOSITORY, SERVICE, ORM),
    because: 'what can leave, and what can come in, is spelled out',
  },
  {
    files: /^authorization\/(rules|permission-map)\.ts$/,
    never: anyOf(ORM, REPOSITORY, SERVICE),
    because: 'rules are pure',
  },
  {
    files: /^graphql\//,
    never: /^(auth|users|sessions|activity|authorization|passwords|roles|api-keys)\//,
    because: 'features stand on graphql/, which names none of them',
  },
  { files: /^(?!http\/|app\.ts$)/, never: /^http\//, because: 'app.ts alone imports http/' },
  { files: /.*/, never: /^(main|cli)\.ts$/, because: 'importing them starts something' },
  ...featureRules({
    users: ['sessions', 'activity', 'roles', 'api-keys'],
    sessions: ['activity'],
    roles: ['activity'],
    'api-keys': ['activity'],
    'second-factor': ['users', 'sessions', 'activity', 'mail'],
    activity: [],
    mail: ['users', 'outbox'],
    outbox: [],
    authorization: [],
    passwords: [],
    'rate-limit': [],
    cache: [],
    pagination: [],
    logging: [],
  }),
]

/** Faults of one file, each a sentence. */
export function importFaults(file: SourceFile): string[] {
  const faults = IMPORT_RULES.filter(({ files }) => files.test(file.path)).flatMap((rule) => faultsBy(rule, file))
  if (ENTRY.test(file.path)) return faults
  const roots = file.imports.filter(({ target, isType }) => ROOT.test(target) && !isType)
  return [
    ...faults,
    ...roots.map(({ target }) => `${file.path} imports ${target}: composition roots import, and are types at most`),
  ]
}

function faultsBy({ never, onlyAsType, onlyValues, because }: ImportRule, { path, imports }: SourceFile): string[] {
  return imports
    .filter(({ target }) => target !== ownRepository(path))
    .filter(({ target, isType }) => {
      if (never?.test(target)) return true
      if (isType) return false
      return onlyAsType?.test(target) || (onlyValues && !onlyValues.test(target))
    })
    .map(({ target }) => `${path} imports ${target}: ${because}`)
}

/** A feature may use the named features and everything that is no feature. Entities, rows and types may use any. */
function featureRules(uses: Record<string, string[]>): ImportRule[] {
  const features = ['auth', 'users', 'sessions', 'activity', 'mail', 'outbox', 'second-factor', 'roles', 'api-keys']
  return Object.entries(uses).map(([feature, others]) => ({
    files: new RegExp(`^${feature}/(?!.*\\.(entity|row|types)\\.ts$)`),
    onlyAsType: new RegExp(
      `^(?!auth/)(${features.filter((other) => other !== feature && !others.includes(other)).join('|')})/`,
    ),
    never: /^auth\//,
    because: `${feature} may use ${others.join(' and ') || 'no other feature'}`,
  }))
}

/** An entity names its repository, as MikroORM asks for it: `@Entity({ repository: () => UserRepository })`. */
export function ownRepository(path: string): string | null {
  return ENTITY.test(path) ? path.replace(ENTITY, '.repository.ts') : null
}

function anyOf(...patterns: RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => `(?:${source})`).join('|'))
}
