import { describe, expect, it } from 'vitest'
import { idBeginning, matchOf, pattern, wordsFor, wordsOf } from './search-words.ts'

describe('words of a search', () => {
  it('are taken apart, in lower case, without a scheme and what no name holds', () => {
    expect(wordsOf('  Bike\u0000 Demand\t21 ')).toEqual(['bike', 'demand', '21'])
    expect(wordsOf('models:/bike-demand/21')).toEqual(['bike-demand/21'])
    expect(wordsOf('\u0000')).toEqual([])
  })
  it('narrow the search to a kind that they name, unless they are all there is', () => {
    expect(wordsFor('run', ['bike', 'runs'])).toEqual(['bike'])
    expect(wordsFor('model', ['bike', 'runs'])).toEqual(['bike', 'runs'])
    expect(wordsFor('run', ['run'])).toEqual(['run'])
  })
  it('are never wildcards', () => {
    expect(pattern('50%_\\a')).toBe('50\\%\\_\\\\a')
  })
  it('are the beginning of an id where they could be one', () => {
    expect(idBeginning(['b945d8cb'])).toBe('b945d8cb')
    expect([
      idBeginning(['b945']),
      idBeginning(['b945d8cb', 'x']),
      idBeginning(['train-00001']),
    ]).toEqual([undefined, undefined, undefined])
  })
  it('fit a name as a whole, at its start or within', () => {
    const item = { id: 'b945d8cb', name: 'Train 1' }
    expect(matchOf(item, ['train', '1'])).toBe('whole')
    expect(matchOf(item, ['b945d8cb'])).toBe('whole')
    expect(matchOf(item, ['tra'])).toBe('start')
    expect(matchOf(item, ['ain'])).toBe('within')
  })
})
