import type { TestClient } from '../support/client.ts'

export interface PageArguments {
  first?: number | null
  after?: string | null
  last?: number | null
  before?: string | null
  filter?: object | null
  orderBy?: object | null
}

interface Connection {
  nodes: { name: string }[]
  edges: { cursor: string; node: { name: string } }[]
  pageInfo: Omit<ReadPage, 'nodes' | 'edges'>
}

export interface ReadPage {
  /** Returns the name of a node. */
  nodes: string[]
  edges?: { cursor: string; node: { name: string } }[]
  hasNextPage: boolean
  hasPreviousPage: boolean
  startCursor: string | null
  endCursor: string | null
}

const PAGE =
  'edges { cursor node { name } } nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const VARIABLES = '$first: Int, $after: String, $last: Int, $before: String'
const ARGUMENTS = 'first: $first, after: $after, last: $last, before: $before, filter: $filter'

export const USERS = `query (${VARIABLES}, $filter: UserFilter, $orderBy: UserOrder) {
  list: users(${ARGUMENTS}, orderBy: $orderBy) { ${PAGE.replaceAll('name', 'name: username')} }
}`
export const ACTIVITIES = `query (${VARIABLES}, $filter: ActivityFilter) {
  list: activities(${ARGUMENTS}) { ${PAGE.replaceAll('name', 'name: id')} }
}`

export function usersBy(field: 'CREATED_AT' | 'USERNAME' | 'EMAIL', direction: 'ASC' | 'DESC' = 'ASC') {
  return { field, direction }
}

/** One page of a list. Fails if its edges and nodes differ. */
export async function readPage(client: TestClient, document: string, args: PageArguments): Promise<ReadPage> {
  const { list } = await client.get<{ list: Connection }, PageArguments>(document, args)
  const nodes = list.nodes.map(({ name }) => name)
  if (JSON.stringify(list.edges.map(({ node }) => node.name)) !== JSON.stringify(nodes)) throw new Error('edges differ')
  const { startCursor, endCursor } = list.pageInfo
  if (startCursor !== (list.edges[0]?.cursor ?? null)) throw new Error('startCursor is not of the first edge')
  if (endCursor !== (list.edges.at(-1)?.cursor ?? null)) throw new Error('endCursor is not of the last edge')
  return { nodes, ...list.pageInfo, ...(list.edges.length > 0 && { edges: list.edges }) }
}

/** The whole list in list order, read page by page from the end that `args` name. */
export async function walk(client: TestClient, document: string, args: PageArguments): Promise<string[]> {
  const isBackward = args.last != null
  const all: string[] = []
  for (let cursor: string | null = null; ; ) {
    const page: ReadPage = await readPage(client, document, { ...args, [isBackward ? 'before' : 'after']: cursor })
    if (isBackward) all.unshift(...page.nodes)
    else all.push(...page.nodes)
    if (!(isBackward ? page.hasPreviousPage : page.hasNextPage)) return all
    cursor = isBackward ? page.startCursor : page.endCursor
  }
}
