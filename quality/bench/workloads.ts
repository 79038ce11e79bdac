/** The operations sent to both servers, and the most that each may cost. */

export interface Statements {
  reads: number
  writes: number
  transactions: number
}

export interface Workload {
  readonly name: string
  readonly title: string
  readonly query: string
  /** @param turn number of the request, so that requests can differ */
  variables?(turn: number): object
  /** The role of the accounts whose tokens the requests carry. */
  readonly signedInAs: 'user' | 'admin' | null
  readonly connections: number
  /** Requests of one round. */
  readonly requests: number
  /** Ratio of the service's CPU time per request to the baseline's. */
  readonly must: number
  readonly aim: number
  /** The most that one request may take. */
  readonly statements: Statements
}

export const PASSWORD = 'correct horse battery staple'

/** Accounts of each role that sign in for the load: one for each connection. */
export const NAMED = 32

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'W1',
    title: '`me`',
    query: 'query W1 { me { id username email displayName isActive createdAt lastLoginAt role { name } } }',
    signedInAs: 'user',
    connections: 32,
    requests: 8000,
    must: 2.5,
    aim: 2,
    statements: { reads: 1, writes: 0, transactions: 0 },
  },
  {
    name: 'W2',
    title: '20 users with their 5 newest activities',
    query: `query W2 { users(first: 20) {
      nodes { id username email displayName createdAt role { name }
        activities(first: 5) { nodes { id action timestamp } } }
      pageInfo { hasNextPage }
    } }`,
    signedInAs: 'admin',
    connections: 32,
    requests: 1500,
    must: 2.6,
    aim: 2,
    statements: { reads: 3, writes: 0, transactions: 0 },
  },
  {
    name: 'W3',
    title: '100 newest activities with their users',
    query: `query W3 { activities(first: 100) {
      nodes { id action ipAddress timestamp user { id username displayName } }
      pageInfo { hasNextPage }
    } }`,
    signedInAs: 'admin',
    connections: 32,
    requests: 1200,
    must: 2.8,
    aim: 2,
    statements: { reads: 3, writes: 0, transactions: 0 },
  },
  {
    name: 'W4',
    title: 'change the own display name',
    query: `mutation W4($input: UpdateProfileInput!) {
      updateProfile(input: $input) { user { id displayName updatedAt } }
    }`,
    variables: (turn) => ({ input: { displayName: `Name ${turn}` } }),
    signedInAs: 'user',
    connections: 32,
    requests: 2000,
    must: 2.3,
    aim: 1.9,
    statements: { reads: 1, writes: 2, transactions: 1 },
  },
  {
    name: 'W5',
    title: 'login',
    query: `mutation W5($input: LoginInput!) {
      login(input: $input) {
        accessToken accessTokenExpiresAt refreshToken session { id expiresAt } user { id username }
      }
    }`,
    // A different account each time: no account reaches MAX_SESSIONS, which would end its oldest session.
    variables: (turn) => ({ input: { identifier: `user${turn % 9000}`, password: PASSWORD } }),
    signedInAs: null,
    connections: 8,
    requests: 80,
    must: 1.15,
    aim: 1.05,
    statements: { reads: 2, writes: 3, transactions: 1 },
  },
]

export const MEMORY_MB = { must: 300, aim: 240 }

/** Ratio of the p99 of `me` beside logins to its idle p99: must be below. */
export const SATURATION_MUST = 3

/** Ratio of any figure at ten times the rows to the same figure before. */
export const GROWTH_MUST = 1.2

/** The body of a request, the same for both servers. */
export function bodyOf(workload: Workload, turn: number): string {
  const { name, query, variables } = workload
  return JSON.stringify({ operationName: name, query, variables: variables?.(turn) ?? {} })
}
