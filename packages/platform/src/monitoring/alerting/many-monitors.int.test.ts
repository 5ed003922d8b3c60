import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDialects } from '../../storage/test-databases.ts'
import { hoursOfMany, ManyMonitors } from '../test-many-monitors.ts'
import { TestStore } from '../test-monitoring.ts'
import { Hook } from './test-receivers.ts'

const count = 60

describe.each(testDialects)(
  'many monitors on two servers over $dialect',
  ({ dialect, available }) => {
    let store: TestStore
    let hook: Hook
    beforeAll(async () => {
      expect(available).toBe(true)
      store = await TestStore.open(dialect)
      hook = await Hook.open()
    })
    afterAll(async () => {
      await store[Symbol.asyncDispose]()
      await hook[Symbol.asyncDispose]()
    })

    it('closes each window once, and opens, resolves and tells each alert once', async () => {
      const other = await store.opened.reopen()
      await using scope = new AsyncDisposableStack()
      scope.defer(() => other.close())
      const databases = [store.opened.database, other]
      const many = scope.use(
        await ManyMonitors.open(databases, { blobs: store.blobs, count, hook: hook.url('/many') }),
      )
      for (let hour = 1; hour <= hoursOfMany; hour++) await many.pass(hour)
      await many.settled()
      const [{ service }] = many.servers as [(typeof many.servers)[number]]
      const alerts = await service.alerts.list({ limit: 1000, before: null })
      expect(alerts).toHaveLength(count)
      expect(new Set(alerts.map(({ monitor }) => monitor)).size).toBe(count)
      expect(alerts.every(({ state }) => state === 'resolved')).toBe(true)
      const told = hook.taken.map(({ body }) => JSON.parse(body))
      const messages = told.map(({ type, data }) => `${type} ${data.monitor}`)
      expect(messages).toHaveLength(2 * count)
      expect(new Set(messages).size).toBe(2 * count)
      const { windows } = await service.reader.view('watch-00007')
      expect(windows).toBe(hoursOfMany)
      expect(many.servers.flatMap(({ failures }) => failures)).toEqual([])
      // They do not do the same work side by side, where servers go in orders of their own: SQLite's file has one server.
      if (dialect === 'postgres') expect(many.reads).toBeLessThan(1.5 * count * hoursOfMany)
    })
  },
)
