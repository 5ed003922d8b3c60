import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemActor } from '../kernel/index.ts'
import { testDialects } from '../storage/test-databases.ts'
import { noon, type TestFeatures, testFeatures } from './test-features.ts'

const inputs = [
  { from: 'request', name: 'amount', type: 'number' },
  { from: 'view', name: 'spent', type: 'number', view: 'c', feature: 'spent' },
] as const

describe.each(testDialects)('on-demand features on $dialect', ({ dialect, available }) => {
  if (!available) return it.skip('PostgreSQL is not installed', () => undefined)
  let test: TestFeatures
  beforeAll(async () => {
    test = await testFeatures(dialect)
    await test.rows(
      'c',
      'k,t,spent,since\n7,2024-04-01T00:00:00Z,50,2020-01-01T00:00:00Z\n7,2024-05-01T00:00:00Z,200,2020-01-01T00:00:00Z\n8,2024-04-01T00:00:00Z,,2024-04-30T00:00:00Z\n9,2023-01-01T00:00:00Z,10,2020-01-01T00:00:00Z',
    )
    await test.view({
      name: 'c',
      ttl: '90d',
      features: [
        { name: 'spent', type: 'number' },
        { name: 'since', type: 'timestamp' },
      ],
    })
    await test.materialize('c')
    await test.onDemand(
      {
        name: 'risk',
        inputs: [
          ...inputs,
          { from: 'view', name: 'since', type: 'timestamp', view: 'c', feature: 'since' },
        ],
        features: [
          { name: 'share', type: 'number' },
          { name: 'days', type: 'integer' },
          { name: 'big', type: 'boolean' },
          { name: 'when', type: 'timestamp' },
        ],
      },
      `({ amount, spent, since }, { at }) => {
        if (amount !== null && amount < 0) throw new RangeError('an amount below nothing')
        return {
          share: amount === null || spent === null ? null : amount / spent,
          days: since === null ? null : Math.floor((at - since) / 86400000),
          big: amount === null ? null : amount > 100,
          when: at,
        }
      }`,
    )
    await test.features.defineService(systemActor, {
      name: 'all',
      description: '',
      owner: '',
      tags: {},
      views: [
        { view: 'risk', features: ['share', 'days', 'big'] },
        { view: 'c', features: ['spent'] },
      ],
    })
  })
  afterAll(() => test[Symbol.asyncDispose]())

  it('are computed from the request and from what is looked up', async () => {
    const found = await test.read(['risk:share', 'c:spent', 'risk:days', 'risk:when'], {
      k: [7, 8, 9, 1],
      amount: [50, 1, 1, 'NaN'],
    })
    const at = '2024-05-01T12:00:00.000Z'
    expect(found.map((column) => column.map(({ value }) => value))).toEqual([
      [0.25, null, null, null],
      [200, null, 10, null],
      [1582, 1, null, null],
      [at, at, at, at],
    ])
    expect(found[0]!.map(({ status }) => status)).toEqual([
      'PRESENT',
      'NULL_VALUE',
      'NULL_VALUE',
      'NULL_VALUE',
    ])
    expect(found[1]!.map(({ status }) => status)).toEqual([
      'PRESENT',
      'NULL_VALUE',
      'OUTSIDE_MAX_AGE',
      'NOT_FOUND',
    ])
  })

  it('are the same in training, each row at its own time', async () => {
    const now = new Date(noon).toISOString()
    const { columns, rows, views } = await test.join(
      `k,at,amount\n7,${now},50\n7,2024-04-02T00:00:00Z,50\n8,${now},1\n9,${now},1\n1,${now},200\n7,,1`,
      { service: 'all' },
    )
    expect(columns).toEqual(['k', 'at', 'amount', 'share', 'days', 'big', 'spent'])
    expect(rows.map((row) => row.slice(3))).toEqual([
      [0.25, 1582, false, 200],
      [1, 1553, false, 50],
      [null, 1, false, null],
      [null, null, false, null],
      [null, null, true, null],
      [null, null, null, null],
    ])
    expect(views[0]).toMatchObject({ view: 'c', matched: 3, unmatched: 3 })
  })

  it('answer the same bits online as for the same instant offline', async () => {
    const amounts = Array.from({ length: 2500 }, (_, i) => Math.fround(i / 7) / 3)
    const online = await test.read(['risk:share'], { k: amounts.map(() => 7), amount: amounts })
    const now = new Date(noon).toISOString()
    const csv = `k,at,amount\n${amounts.map((amount) => `7,${now},${amount}`).join('\n')}`
    const { version } = await test.features.joins.join(systemActor, {
      features: ['risk:share'],
      asOf: 'event',
      fullNames: false,
      eventTime: 'at',
      into: 'parity',
      rows: { path: await test.file(csv), format: 'csv' },
    })
    expect(version.rowCount).toBe(2500)
    const pieces = await test.data.rows('parity', 1, { limit: 1000, after: 0, quarantined: false })
    const offline = Array.from(pieces.columns[3]!.values as Float64Array)
    expect(offline).toEqual(online[0]!.slice(0, offline.length).map(({ value }) => value))
    expect((await test.data.version('parity', 1)).origin).toMatchObject({
      computed: [{ view: 'risk', version: 1, codeDigest: expect.any(String) }],
    })
  })

  it('say what is missing, of another type, or refused, and by which row', async () => {
    const ask = (entities: Parameters<TestFeatures['read']>[1]) =>
      test.read(['risk:share'], entities)
    await expect(ask({ k: [7] })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'the value "amount" is missing',
      hint: 'Give k, amount.',
    })
    await expect(ask({ k: [7], amount: ['much'] })).rejects.toThrow('"much" is not of the type')
    await expect(ask({ k: [7, 7], amount: [1, -1] })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'the on-demand view "risk" refuses row 1: RangeError: an amount below nothing',
    })
    await expect(
      test.join('k,at,amount\n7,2024-05-01,often', { features: ['risk:share'] }),
    ).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('"amount" is of the type number'),
    })
    await expect(
      test.join('k,at\n7,2024-05-01', { features: ['risk:share'] }),
    ).rejects.toMatchObject({ message: expect.stringContaining('there is no column "amount"') })
  })

  it('of functions that do not end, die or lie fail alone, and the next is answered', async () => {
    const of = (name: string) => ({
      name,
      inputs: [inputs[0]],
      features: [{ name: 'v', type: 'integer' as const }],
      timeout: '150ms',
    })
    await test.onDemand(
      of('odd'),
      `({ amount }) => {
        if (amount === 1) for (;;);
        if (amount === 2) process.exit(7)
        if (amount === 3) return { v: 'three' }
        if (amount === 4) return new Promise(() => undefined)
        return { v: amount }
      }`,
    )
    const ask = (amount: number) =>
      test.read(['odd:v'], { amount: [amount] }).then(([column]) => column![0]!.value)
    expect(await ask(5)).toBe(5)
    const [first, second] = await Promise.allSettled([ask(1), ask(6)])
    expect(first).toMatchObject({
      reason: { code: 'TIMEOUT', message: expect.stringContaining('"odd": it took longer') },
    })
    expect(second).toMatchObject({ value: 6 })
    await expect(ask(2)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('ended with status 7'),
    })
    await expect(ask(3)).rejects.toMatchObject({
      code: 'STEP_FAILED',
      message: expect.stringContaining('"v" is "three", which is no integer'),
    })
    await expect(ask(4)).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(await ask(8)).toBe(8)
  })

  it('have versions: the old code answers by its number', async () => {
    const view = {
      name: 'plus',
      inputs: [inputs[0]],
      features: [{ name: 'v', type: 'number' as const }],
    }
    await test.onDemand(view, '({ amount }) => ({ v: amount + 1 })')
    await test.onDemand(view, '({ amount }) => ({ v: amount + 2 })')
    await test.onDemand(view, '({ amount }) => ({ v: amount + 2 })')
    const { version, request } = await test.features.definitions.onDemandView('plus')
    expect({ version, request }).toEqual({
      version: 2,
      request: [{ name: 'amount', type: 'number' }],
    })
    const found = await test.read(['plus@v1:v', 'plus:v'], { amount: [1] })
    expect(found.map(([cell]) => cell!.value)).toEqual([2, 3])
  })

  it('are refused where they cannot be right', async () => {
    const wrong = async (change: object) =>
      test
        .onDemand(
          {
            name: 'wrong',
            inputs: [...inputs],
            features: [{ name: 'v', type: 'number' }],
            ...change,
          },
          '() => ({})',
        )
        .then(
          () => 'taken',
          (failure: Error) => failure.message,
        )
    expect(await wrong({ name: 'c' })).toBe('"c" is the name of a feature view')
    expect(await wrong({ inputs: [{ ...inputs[1], feature: 'nothing' }] })).toContain(
      'has no feature "nothing"',
    )
    expect(await wrong({ inputs: [{ ...inputs[1], type: 'string' }] })).toContain(
      'is of the type string, but c:spent is of the type number',
    )
    expect(await wrong({ inputs: [{ ...inputs[1], view: 'nobody' }] })).toContain(
      'no feature view named "nobody"',
    )
    expect(await wrong({ inputs: [inputs[0], inputs[0]] })).toContain('"amount" names two')
    expect(await wrong({ inputs: [{ ...inputs[0], name: 'k' }, inputs[1]] })).toContain(
      '"k" is an input of "wrong" of the type number, and of another type elsewhere',
    )
    await expect(test.features.remove(systemActor, 'view', 'c')).rejects.toThrow(
      'is needed by the feature service all, on-demand view risk',
    )
    await expect(test.features.remove(systemActor, 'on-demand', 'risk')).rejects.toThrow(
      'the on-demand view "risk" is needed by the feature service all',
    )
  })
})
