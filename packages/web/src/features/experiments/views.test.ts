import { describe, expect, it } from 'vitest'
import { mostViews, readViews, viewHref, viewOf, withoutView, withView } from './views.ts'

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
