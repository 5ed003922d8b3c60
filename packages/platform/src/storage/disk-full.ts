import { KaizenError } from '@kaizen/contracts/errors'

/** A full disk is the operator's to mend, so it is told apart from a defect. */
export const diskIsFull = (cause: unknown): KaizenError =>
  new KaizenError('STORAGE_FULL', 'the disk is full; nothing was written', {
    hint: 'Free some space and send the request again.',
    cause,
  })
