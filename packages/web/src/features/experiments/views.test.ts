import { describe, expect, it } from 'vitest'
import {
  mostViews,
  readViews,
  sharedKey,
  sharedValue,
  sharedViews,
  viewHref,
  viewOf,
  withoutView,
  withView,
} from './views.ts'

describe('saved views', () => {
  const view = viewOf(' best ', {
    filter: 'metrics.mae < 40',
    chosen: 'a,b',
    spark: 'mae',
    group: '',
  })
  it('keeps what the table shows, not which runs are chosen', () => {
    expect(view).toEqual({ name: 'best', search: { filter: 'metrics.mae < 40', spark: 'mae' } })
    expect(viewHref('1', view)).toBe('/experiments/1?filter=metrics.mae+%3C+40&spark=mae')
    expect(viewHref('1', viewOf('all', {}))).toBe('/experiments/1')
  })
  it('reads what was kept and nothing else', () => {
    expect(readViews(JSON.stringify([view]))).toEqual([view])
    expect(readViews(null)).toEqual([])
    expect(readViews('{')).toEqual([])
    expect(readViews('{"name":"a"}')).toEqual([])
    expect(readViews('[null, 7, {"name":""}, {"name":"a","search":{"order":5}}]')).toEqual([
      { name: 'a', search: {} },
    ])
  })
  it('replaces by name and forgets the oldest past the limit', () => {
    const again = viewOf('best', { order: 'metrics.mae ASC' })
    expect(withView([view], again)).toEqual([again])
    expect(withoutView([view], 'best')).toEqual([])
    const many = Array.from({ length: mostViews }, (_, index) => viewOf(`v${index}`, {}))
    expect(withView(many, view)).toHaveLength(mostViews)
  })
})

describe('views shared with everybody', () => {
  it('are tags of the experiment, one for each name', () => {
    expect(sharedKey('by error 2')).toBe('kaizen.view.by error 2')
    const names = ['a_b', 'a b', 'a%b', 'a5f.b', 'a_5f.b', 'Größe ≤ 3']
    expect(new Set(names.map(sharedKey)).size).toBe(names.length)
    for (const name of names) expect(sharedKey(name)).toMatch(/^[A-Za-z0-9 _.-]+$/)
  })
  it('are read back in order of name, without tags that hold none or another', () => {
    const [late, early] = [viewOf('late', { order: 'a' }), viewOf('Früh', { filter: 'b' })]
    const tags = new Map([
      [sharedKey('late'), sharedValue(late)],
      ['owner', 'team'],
      [sharedKey('broken'), '{"name":'],
      [sharedKey('other'), sharedValue(late)],
      [sharedKey('Früh'), sharedValue(early)],
    ])
    expect(sharedViews(tags)).toEqual([early, late])
  })
})
