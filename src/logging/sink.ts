/** Where log lines go. Neither a full disk nor a reader that is gone ever reaches whoever logs. */
export interface Sink {
  /** @param line with its newline */
  write(line: string): void
  /** Resolves once what was written so far has left the process, or never will. */
  flush(): Promise<void>
}

/** What may wait for a slow or broken sink; lines beyond it are dropped. */
export const MAX_WAITING_LENGTH = 4_194_304
