import type { RouterSpec } from '@kaizen/contracts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addingModel, editor, type TestServing, testServing } from '../test-serving.ts'

let test: TestServing
beforeEach(async () => {
  test = await testServing()
})
afterEach(async () => {
  await test[Symbol.asyncDispose]()
})

const rules: RouterSpec = {
  kind: 'rules',
  rules: [{ header: 'x-beta', arm: 'beta' }],
  salt: '',
}
const declare = (router?: RouterSpec) =>
  test.database.write((tx) =>
    test.serving.declare(
      tx,
      editor,
      { name: 'hires', description: '', model: 'bike', target: null, ...(router && { router }) },
      'shop',
    ),
  )
const arm = (name: string, version: number, weight: number) => ({
  name,
  weight,
  model: `models:/bike/${version}`,
  mode: 'live' as const,
})
const ask = async (headers: Record<string, string>): Promise<unknown> => {
  const body = { dataframe_records: [{ temp: 1, season: 'x' }] }
  const answer = await test.post('/endpoints/hires/invocations', body, {
    'content-type': 'application/json',
    ...headers,
  })
  return ((await answer.json()) as { predictions: unknown }).predictions
}

it('a declared router waits for its arms, is put before them, and moves no version', async () => {
  await test.register('bike', addingModel(1))
  await test.register('bike', addingModel(10))
  await declare(rules)
  await test.serving.tick(1)
  await test.serving.setRoute(editor, 'hires', { arms: [arm('main', 1, 1)] }, 'first')
  await test.serving.tick(2)
  expect(await test.serving.view('hires')).toMatchObject({
    router: { kind: 'weighted' },
    routerDue: rules,
  })
  const both = [arm('main', 1, 1), arm('beta', 2, 0)]
  await test.serving.setRoute(editor, 'hires', { arms: both }, 'with a beta')
  expect(await ask({ 'x-beta': 'yes' })).toEqual([2])
  await test.serving.tick(3)
  const view = await test.serving.view('hires')
  expect(view).toMatchObject({ router: rules, routerDue: null, revision: 3 })
  expect(view.arms.map(({ name, version }) => [name, version])).toEqual([
    ['main', 1],
    ['beta', 2],
  ])
  expect([await ask({ 'x-beta': 'yes' }), await ask({})]).toEqual([[11], [2]])
  const [event] = (await test.audit.list({ limit: 1, type: 'serving.route.set' })).items
  expect(event).toMatchObject({
    actor: 'system',
    data: { reason: 'the router that the project "shop" declares', router: { kind: 'rules' } },
  })
  // Declared again it is in force already, and a router set by hand stays until the project is applied again.
  await declare(rules)
  await test.serving.tick(4)
  expect((await test.serving.view('hires')).revision).toBe(3)
  const weighted: RouterSpec = { kind: 'weighted', salt: 'hand' }
  await test.serving.setRoute(editor, 'hires', { arms: both, router: weighted }, 'by hand')
  await test.serving.tick(5)
  expect((await test.serving.view('hires')).router).toEqual(weighted)
  await declare(rules)
  await test.serving.tick(6)
  expect((await test.serving.view('hires')).router).toEqual(rules)
})
