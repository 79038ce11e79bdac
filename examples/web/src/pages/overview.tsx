import { useQuery } from 'urql'
import { Link } from 'wouter'
import { graphql } from '../gql/gql.ts'
import { ActivityList } from '../parts/activity-list.tsx'
import { Answer } from '../parts/answer.tsx'
import { Icon, type IconName } from '../parts/icon.tsx'
import { Card, Page } from '../parts/page.tsx'
import { formatDay } from '../parts/time.tsx'
import { nameOf, useMay, useViewer } from '../service/viewer.tsx'

const OVERVIEW = graphql(`
  query Overview {
    me {
      id
      activities(first: 5) {
        nodes {
          ...ActivityItem
        }
      }
      sessions {
        id
      }
    }
  }
`)

export function Overview() {
  const viewer = useViewer()
  const may = useMay()
  const [answer] = useQuery({ query: OVERVIEW })
  return (
    <Page title={`Hello, ${nameOf(viewer)}`} lead={`${viewer.username} · with us since ${formatDay(viewer.createdAt)}`}>
      <ul className="tiles">
        <Tile
          icon="mail"
          label="E-mail address"
          isGood={viewer.emailVerifiedAt !== null}
          text={viewer.emailVerifiedAt ? 'Confirmed' : 'Not confirmed yet'}
          href="/profile"
        />
        <Tile
          icon="shield"
          label="Two-step sign-in"
          isGood={viewer.totpEnabledAt !== null}
          text={viewer.totpEnabledAt ? `On, ${viewer.recoveryCodesLeft} recovery codes left` : 'Off'}
          href="/security"
        />
        <Tile
          icon="devices"
          label="Devices"
          isGood
          text={devices(answer.data?.me?.sessions?.length)}
          href="/sessions"
        />
      </ul>
      {may('ACTIVITY_READ_OWN') && (
        <Card title="Lately" actions={<Link href="/activity">See everything</Link>}>
          <Answer of={answer}>{({ me }) => <ActivityList items={me?.activities?.nodes ?? []} />}</Answer>
        </Card>
      )}
    </Page>
  )
}

function devices(count: number | undefined): string {
  if (count === undefined) return '…'
  return count === 1 ? 'This one alone is signed in' : `${count} are signed in`
}

interface TileProps {
  icon: IconName
  label: string
  text: string
  isGood: boolean
  href: string
}

function Tile({ icon, label, text, isGood, href }: TileProps) {
  return (
    <li>
      <Link href={href} className={isGood ? 'tile' : 'tile open-end'}>
        <span className="tile-icon">
          <Icon name={icon} />
        </span>
        <span>
          <small>{label}</small>
          <b>{text}</b>
        </span>
        <Icon name="next" />
      </Link>
    </li>
  )
}
