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
/** `*.row.ts`: what a repository selects from more than one table. */
const REPOSITORY = /\.(repository|row)\.ts$/
const SERVICE = /\.service\.ts$/
const SURFACE = /\.(resolver|types|inputs)\.ts$/

/** The composition roots, which the features see as types at most. */
const ROOT = /^(app|context|services|parts|schema)\.ts$/
/** What begins the process, a command or a composition. */
const ENTRY = /^[^/]+\.ts$|^(operations|process)\//

export const IMPORT_RULES: ImportRule[] = [
  {
    files: ENTITY,
    onlyValues: anyOf(
      /^@mikro-orm\//,
      ENTITY,
      /\.repository\.ts$/,
      /^authorization\/permissions\.ts$/,
      /^database\/.*\.type\.ts$/,
    ),
    never: anyOf(GRAPHQL, HTTP, /\.row\.ts$/, SERVICE, SURFACE),
    because: 'an entity knows tables, other entities and its repository',
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
    never: /^(auth|users|sessions|activity|authorization|passwords)\//,
    because: 'features stand on graphql/, which names none of them',
  },
  { files: /^(?!http\/|app\.ts$)/, never: /^http\//, because: 'app.ts alone imports http/' },
  { files: /.*/, never: /^(main|cli)\.ts$/, because: 'importing them starts something' },
  ...featureRules({
    users: ['sessions', 'activity'],
    sessions: ['activity'],
    activity: [],
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
    .filter(({ target, isType }) => {
      if (never?.test(target)) return true
      if (isType) return false
      return onlyAsType?.test(target) || (onlyValues && !onlyValues.test(target))
    })
    .map(({ target }) => `${path} imports ${target}: ${because}`)
}

/** A feature may use those named, and what is no feature. Entities, joined rows and the surface refer to each other freely. */
function featureRules(uses: Record<string, string[]>): ImportRule[] {
  const features = ['auth', 'users', 'sessions', 'activity']
  return Object.entries(uses).map(([feature, others]) => ({
    files: new RegExp(`^${feature}/(?!.*\\.(entity|row|types)\\.ts$)`),
    onlyAsType: new RegExp(
      `^(?!auth/)(${features.filter((other) => other !== feature && !others.includes(other)).join('|')})/`,
    ),
    never: /^auth\//,
    because: `${feature} may use ${others.join(' and ') || 'no other feature'}`,
  }))
}

function anyOf(...patterns: RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => `(?:${source})`).join('|'))
}
