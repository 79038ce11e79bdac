import { Field, ID, InputType } from 'type-graphql'
import { DateTimeScalar } from '../graphql/scalars.ts'
import { ActivityAction } from './actions.ts'

@InputType('ActivityFilter', { description: 'All that is given must hold.' })
export class ActivityFilter {
  @Field(() => ID, { nullable: true, description: 'The account that entries are about.' })
  userId?: string | null

  @Field(() => ID, { nullable: true, description: 'Who did it.' })
  actorId?: string | null

  @Field(() => [ActivityAction], { nullable: true, description: 'Any of these. An empty list matches nothing.' })
  actions?: ActivityAction[] | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Inclusive.' })
  from?: Date | null

  @Field(() => DateTimeScalar, { nullable: true, description: 'Exclusive.' })
  to?: Date | null
}
