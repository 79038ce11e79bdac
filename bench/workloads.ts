/** What is asked of both servers, and how much more than the baseline it may cost. */

export interface Statements {
  reads: number
  writes: number
  transactions: number
}

export interface Workload {
  readonly name: string
  readonly title: string
  readonly query: string
  /** @param turn counts the requests, so that each may differ */
  variables?(turn: number): object
  /** Whose token the requests carry. */
  readonly signedInAs: 'user' | 'admin' | null
  readonly connections: number
  /** Requests of one round. */
  readonly requests: number
  /** CPU per request of the service over that of the baseline. */
  readonly must: number
  readonly aim: number
  /** The most of each that one request may take. */
  readonly statements: Statements
}

export const PASSWORD = 'correct horse battery staple'

/** How many accounts there are of each name: `admin0` …, `user0` …; the rest are users as well. */
export const NAMED = 32

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'W1',
    title: '`me`',
    query: 'query W1 { me { id username email displayName isActive createdAt lastLoginAt role { name } } }',
    signedInAs: 'user',
    connections: 32,
    requests: 8000,
    must: 2.2,
    aim: 1.8,
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
    must: 2.2,
    aim: 1.6,
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
    must: 4.5,
    aim: 2.5,
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
    must: 1.6,
    aim: 1.3,
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
    // Each time somebody else, so that nobody has so many sessions that the oldest end.
    variables: (turn) => ({ input: { identifier: `user${turn % 9000}`, password: PASSWORD } }),
    signedInAs: null,
    connections: 8,
    requests: 80,
    must: 1.15,
    aim: 1.08,
    statements: { reads: 2, writes: 3, transactions: 1 },
  },
]

export const MEMORY_MB = { must: 250, aim: 180 }

/** Of `me` at p99 while logins saturate, over its p99 while there are none. */
export const SATURATION_MUST = 2

/** At ten times the rows. */
export const GROWTH_MUST = 1.2

/** The body of a request, the same for both servers. */
export function bodyOf(workload: Workload, turn: number): string {
  const { name, query, variables } = workload
  return JSON.stringify({ operationName: name, query, variables: variables?.(turn) ?? {} })
}
