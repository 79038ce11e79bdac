import { BooleanType } from '@mikro-orm/core'

/** SQLite's driver binds no booleans, so both databases get 0 and 1. */
export class NumericBooleanType extends BooleanType {
  override convertToDatabaseValue(value: boolean): boolean {
    // The base class says boolean; what the drivers get is a number.
    return Number(value) as unknown as boolean
  }
}
