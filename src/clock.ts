/** The current time. Injected, so that tests can freeze and move it. */
export type Clock = () => Date

export const systemClock: Clock = () => new Date()
