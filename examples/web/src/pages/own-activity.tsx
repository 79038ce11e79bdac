import { useQuery } from 'urql'
import { graphql } from '../gql/gql.ts'
import { ActivityList } from '../parts/activity-list.tsx'
import { Answer } from '../parts/answer.tsx'
import { Card, Page } from '../parts/page.tsx'
import { Pager, usePaging } from '../parts/pager.tsx'

const OWN_ACTIVITY = graphql(`
  query OwnActivity($first: Int, $after: String, $last: Int, $before: String) {
    me {
      id
      activities(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          ...ActivityItem
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          startCursor
          endCursor
        }
      }
    }
  }
`)

const COUNT = graphql(`
  query OwnActivityCount {
    me {
      id
      activities {
        totalCount
        totalCountIsExact
      }
    }
  }
`)

export function OwnActivity() {
  const { page, ...turn } = usePaging('own')
  const [answer] = useQuery({ query: OWN_ACTIVITY, variables: page })
  const [count] = useQuery({ query: COUNT })
  return (
    <Page title="Activity" lead="What happened to your account. If something was not you, change your password.">
      <Card>
        <Answer of={answer} lines={8}>
          {({ me }) =>
            me?.activities && (
              <>
                <ActivityList items={me.activities.nodes} />
                <Pager {...turn} info={me.activities.pageInfo} label="entries" total={count.data?.me?.activities} />
              </>
            )
          }
        </Answer>
      </Card>
    </Page>
  )
}
