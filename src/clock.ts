/** The present moment. Injected, so that tests can freeze and move it. */
export type Clock = () => Date

/**
 * A moment as rows have it: text as the API answers it (ISO 8601 in UTC, with milliseconds), since a list shows hundreds
 * of them, and dates made of texts only to make texts of them took a twelfth of its time. A Date where it was just set.
 * `new Date(moment)` serves for both.
 */
export type Moment = string | Date

export const systemClock: Clock = () => new Date()
