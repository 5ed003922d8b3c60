import type { Found } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { entriesOf, moreWords, pages, pagesFor, stillFitting } from './palette-search.ts'

const item = (kind: Found['kind'], id: string, name = id): Found => ({
  kind,
  id,
  name,
  detail: null,
  at: 1,
  match: 'within',
})

describe('search', () => {
  it('offers every page before anything is typed, and those that hold every word', () => {
    expect(pagesFor('  ')).toEqual(pages)
    expect(pagesFor('settings USER').map(({ href }) => href)).toEqual(['/settings?tab=users'])
    expect(pagesFor('zebra')).toEqual([])
  })
  it('leads to the page of what was found, by its name or else its id', () => {
    const entries = entriesOf([
      item('model-version', 'a b/21'),
      item('run', 'b945', 'train-1'),
      item('trace', 'tr-1', ''),
    ])
    expect(entries.map(({ label, href }) => [label, href])).toEqual([
      ['a b/21', '/models/a%20b?version=21'],
      ['train-1', '/runs/b945'],
      ['tr-1', '/traces/tr-1'],
    ])
  })
  it('keeps of an earlier search only what fits the text as it is', () => {
    const items = [item('run', 'b945', 'train-1'), item('run', 'c0ff', 'train-2')]
    expect(stillFitting(items, 'TRAIN-2 run')).toEqual([items[1]])
    expect(stillFitting(items, '')).toEqual(items)
    expect(stillFitting(items, 'zebra')).toEqual([])
  })
  it('says of what there is more', () => {
    expect(moreWords([])).toBe('')
    expect(moreWords(['run'])).toBe('There are more runs: another word narrows it.')
    expect(moreWords(['model', 'prompt', 'run'])).toBe(
      'There are more models, prompts and runs: another word narrows it.',
    )
  })
})
