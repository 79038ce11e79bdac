import { Link } from 'wouter'
import { Card, Page } from '../parts/page.tsx'

export function NotFound() {
  return (
    <Page title="There is no such page">
      <Card>
        <p>
          The address is mistyped, or the page is not for you. <Link href="/">Go to the overview</Link>.
        </p>
      </Card>
    </Page>
  )
}
