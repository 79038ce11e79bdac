/** A lost answer, and tabs that reload in quick turns, may leave a client this many generations behind. */
const MAX_USES = 8

type Use = [generation: number, usedAtMs: number]

/**
 * When the refresh token of a generation was first used; null where the session does not remember it.
 * @param stored `Session.recentUses`
 */
export function firstUseOf(stored: string | null, generation: number): Date | null {
  const use = usesOf(stored).find(([used]) => used === generation)
  return use ? new Date(use[1]) : null
}

/** What a session stores when `generation` is used for the first time: the 8 newest uses, 222 characters at most. */
export function withFirstUse(stored: string | null, generation: number, usedAt: Date): string {
  const earlier = usesOf(stored).filter(([used]) => used < generation && used > generation - MAX_USES)
  return JSON.stringify([[generation, usedAt.getTime()], ...earlier] satisfies Use[])
}

function usesOf(stored: string | null): Use[] {
  return stored === null ? [] : JSON.parse(stored)
}
