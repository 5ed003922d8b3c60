import { KaizenError } from '@kaizen/contracts'

/** Versions are numbers; other text names none, and no text stands for the version that answers unnamed. @throws NOT_FOUND */
export function parseVersion(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new KaizenError('NOT_FOUND', `there is no version ${JSON.stringify(text.slice(0, 100))}`, {
    hint: 'Versions are whole numbers.',
  })
}
