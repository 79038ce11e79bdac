import type { MigrationObject } from '@mikro-orm/core'
import type { Migration } from '@mikro-orm/migrations'

type Query = ReturnType<Migration['getQueries']>[number]
type ConcreteMigration = Migration & { up(): void | Promise<void> }
type MigrationClass = new (...values: ConstructorParameters<typeof Migration>) => ConcreteMigration

/** The part of a schema that a statement makes or removes, as a view of information_schema and its column. */
const TABLE = ['tables', 'table_name'] as const
const COLUMN = ['columns', 'column_name'] as const
const INDEX = ['statistics', 'index_name'] as const
const CONSTRAINT = ['table_constraints', 'constraint_name'] as const

interface Change {
  /** With the group `table`, and `name` where it is not a table or a primary key. */
  statement: RegExp
  part: typeof TABLE | typeof COLUMN | typeof INDEX | typeof CONSTRAINT
  makes: boolean
}

/** The statements that MikroORM writes into migrations, except those that may run again as they are (`modify`). */
const CHANGES: readonly Change[] = [
  { statement: /^create table (if not exists )?`(?<table>\w+)`/i, part: TABLE, makes: true },
  { statement: /^drop table (if exists )?`(?<table>\w+)`/i, part: TABLE, makes: false },
  { statement: alter('add (unique index|fulltext index|unique|index) `(?<name>\\w+)`'), part: INDEX, makes: true },
  { statement: alter('rename index `\\w+` to `(?<name>\\w+)`'), part: INDEX, makes: true },
  { statement: alter('drop index `(?<name>\\w+)`'), part: INDEX, makes: false },
  { statement: alter('add constraint `(?<name>\\w+)`'), part: CONSTRAINT, makes: true },
  { statement: alter('drop (constraint|foreign key) `(?<name>\\w+)`'), part: CONSTRAINT, makes: false },
  { statement: alter('add primary key'), part: CONSTRAINT, makes: true },
  { statement: alter('drop primary key'), part: CONSTRAINT, makes: false },
  { statement: alter('add `(?<name>\\w+)`'), part: COLUMN, makes: true },
  { statement: alter('change `(?<old>\\w+)` `(?!\\k<old>`)(?<name>\\w+)`'), part: COLUMN, makes: true },
  { statement: alter('drop column `(?<name>\\w+)`'), part: COLUMN, makes: false },
]

/**
 * The same migration for MySQL, which commits each statement that changes the schema: cut off amid its statements, it
 * is finished by the next run. A statement is left out where information_schema shows that it was run. All others, such
 * as changes of rows, must bear running twice.
 */
export function resumable({ name, class: Original }: MigrationObject): MigrationObject {
  class Resumable extends (Original as MigrationClass) {
    override async up(): Promise<void> {
      await super.up()
      const statements = [...this.getQueries()]
      // MikroORM says this before the statements that it runs itself.
      await this.execute('set foreign_key_checks = 0')
      // One by one, because what a statement finds depends on what those before it have left.
      for (const statement of statements) if (!(await wasRun(this, statement))) await this.execute(statement)
      // Leaves none for MikroORM to run.
      this.reset()
    }
  }
  return { name, class: Resumable }
}

async function wasRun(migration: Migration, statement: Query): Promise<boolean> {
  if (typeof statement !== 'string') return false
  for (const { statement: shape, part, makes } of CHANGES) {
    const { table, name } = shape.exec(statement)?.groups ?? {}
    if (table === undefined) continue
    const [view, column] = part
    const found = await migration.execute(
      `select 1 from information_schema.${view} where table_schema = database() and table_name = ? and ${column} = ? limit 1`,
      [table, part === TABLE ? table : (name ?? 'PRIMARY')],
    )
    return found.length > 0 === makes
  }
  return false
}

function alter(change: string): RegExp {
  return new RegExp(`^alter table \`(?<table>\\w+)\` ${change}`, 'i')
}
