import { describe, expect, it } from 'vitest'
import { Batch } from './batch.ts'

function counted(limit: number) {
  const asked: (readonly string[])[] = []
  const batch = new Batch(limit, async (keys) => {
    asked.push(keys)
    return new Map(keys.filter((key) => key !== 'none').map((key) => [key, `of ${key}`]))
  })
  return { asked, batch }
}

describe('requests that are gathered', () => {
  it('asks once for what is wanted within one turn, and for each key once', async () => {
    const { asked, batch } = counted(50)
    const loads = await Promise.all(['a', 'b', 'a'].map((key) => batch.load(key)))
    expect(loads).toEqual(['of a', 'of b', 'of a'])
    expect(asked).toEqual([['a', 'b']])
    await batch.load('c')
    expect(asked).toEqual([['a', 'b'], ['c']])
  })

  it('asks for no more than its limit at once', async () => {
    const { asked, batch } = counted(2)
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => batch.load(key)))
    expect(asked).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  it('says of a missing answer which key it is of, and fails nobody else', async () => {
    const { batch } = counted(50)
    const [found, missing] = await Promise.allSettled([batch.load('a'), batch.load('none')])
    expect(found).toMatchObject({ status: 'fulfilled' })
    expect(missing).toMatchObject({ reason: new Error('the answer lacks none') })
  })
})
