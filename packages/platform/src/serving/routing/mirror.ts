import { spread, textHash } from './unit-hash.ts'

/** Whether a shadow arm is shown a request: the same id always alike, `share` of all ids. */
export const isMirrored = (arm: string, share: number, id: string): boolean =>
  share >= 1 || (share > 0 && spread(textHash(arm, textHash(id))) < share)
