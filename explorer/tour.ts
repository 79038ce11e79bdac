/** A tab of GraphiQL. Its title is the name of the operation. */
export interface Tab {
  query: string
  variables?: string | null
}

const REGISTER = {
  input: { username: 'alice', email: 'alice@example.com', password: 'correct horse battery staple' },
}
const SIGN_IN = { input: { identifier: 'alice', password: 'correct horse battery staple' } }
const REFRESH = { input: { refreshToken: 'paste it here from the answer of SignIn' } }

/** What newcomers see, from left to right. The first tab answers anybody. */
export const TOUR: Tab[] = [
  {
    query: `# Welcome. Press Play: this one is for all.
#
# The tabs are a tour: register, sign in, see
# what an account may do. Ctrl+Space completes,
# the book opens the documentation.
#
# The form at the top signs in any account,
# such as admin, whose password the first start
# has printed. This page then sends the token
# with every request, and forgets it when it is
# reloaded or closed.

query Welcome {
  __typename
  can(permission: USER_READ) {
    permission
    allowed
    reason
  }
}
`,
  },
  {
    query: `# Opens an account from the Variables below.
# The second time it is a CONFLICT.

mutation Register($input: RegisterInput!) {
  register(input: $input) {
    user {
      id
      username
      role {
        name
      }
    }
  }
}
`,
    variables: pretty(REGISTER),
  },
  {
    query: `# Signs in as the account of the tab before.
# The tokens of the answer are used from then
# on, as after the form at the top.

mutation SignIn($input: LoginInput!) {
  login(input: $input) {
    accessToken
    accessTokenExpiresIn
    refreshToken
    user {
      username
    }
  }
}
`,
    variables: pretty(SIGN_IN),
  },
  {
    query: `# Who is signed in, with the latest activity.

query Me {
  me {
    id
    username
    email
    role {
      name
      permissions
    }
    activities(first: 5) {
      nodes {
        action
        timestamp
      }
    }
  }
}
`,
  },
  {
    query: `# Where the account is signed in.
# revokeSession ends one of them.

query Sessions {
  me {
    sessions {
      id
      isCurrent
      createdAt
      lastActiveAt
      userAgent
    }
  }
}
`,
  },
  {
    query: `# Trades the refresh token of SignIn for the
# next pair. Each works once: used again later
# it counts as stolen, and its session ends.

mutation Refresh($input: RefreshInput!) {
  refresh(input: $input) {
    accessToken
    accessTokenExpiresIn
    refreshToken
    user {
      username
    }
  }
}
`,
    variables: pretty(REFRESH),
  },
  {
    query: `# For administrators, FORBIDDEN for others:
# sign in at the top as admin.

query Users {
  users(first: 10) {
    totalCount
    nodes {
      username
      email
      isActive
      role {
        name
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
  },
]

/** @returns the operation of a shared link (`?query=`, as GraphQL over HTTP has it), which waits in a tab of its own */
export function tabOf(address: URLSearchParams): Tab[] {
  const query = address.get('query')
  return query ? [{ query, variables: address.get('variables') }] : []
}

function pretty(value: object): string {
  return JSON.stringify(value, null, 2)
}
