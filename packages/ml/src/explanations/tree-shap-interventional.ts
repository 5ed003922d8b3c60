import { MlError } from '../ml-error.ts'
import type { Numbers } from '../numeric/numbers.ts'
import type { Attributions } from './attribution.ts'
import { childOf, type ExplainedTree, predictEnsemble, type TreeEnsemble } from './tree-ensemble.ts'

/** Features of the trees that come and go together, such as the columns of one category: values are of players. */
export interface Players {
  /** The player of each feature. */
  readonly of: Int32Array
  readonly count: number
}

/**
 * Exact interventional TreeSHAP (Lundberg et al. 2020, section "independent TreeSHAP") in double precision:
 * features that are absent take the values of background rows, over which the result is averaged.
 * @param players each feature for itself unless told
 * @throws MlError without background rows.
 */
export const interventionalTreeShap = (
  ensemble: TreeEnsemble,
  rows: readonly Numbers[],
  background: readonly Numbers[],
  players: Players = everyFeature(ensemble.features),
): Attributions => {
  if (background.length === 0) {
    throw new MlError(
      'invalid_input',
      'there are no background rows',
      'pass 100 to 1000 typical rows, or use path-dependent values',
    )
  }
  const outputs = background.map((row) => predictEnsemble(ensemble, row))
  const factor = ensemble.scale / background.length
  const walkers = ensemble.trees.map((tree) => walkerOf(tree, players))
  return {
    method: 'tree-shap-interventional',
    baseValue: outputs.reduce((sum, output) => sum + output, 0) / background.length,
    values: rows.map((row) => {
      const phi = new Float64Array(players.count)
      for (const walk of walkers) for (const other of background) walk(row, other, phi)
      return phi.map((value) => value * factor)
    }),
    predictions: Float64Array.from(rows, (row) => predictEnsemble(ensemble, row)),
  }
}

const everyFeature = (count: number): Players => ({
  of: Int32Array.from({ length: count }, (_, feature) => feature),
  count,
})

const FROM_ROW = 1
const FROM_BACKGROUND = 2

/**
 * Adds the values of one row against one background row. Each leaf is reached by coalitions that hold all of
 * the `own` players and none of the `foreign` ones; Shapley's weights of such a game are known.
 */
const walkerOf = (tree: ExplainedTree, players: Players) => {
  const origin = new Uint8Array(players.count)
  const marked: number[] = []
  return (row: Numbers, other: Numbers, phi: Float64Array): void => {
    const walk = (node: number, own: number, foreign: number): void => {
      if (tree.left[node]! < 0) {
        const size = own + foreign
        if (size === 0) return
        const value = tree.value[node]!
        const gain = own > 0 ? value * coalitionWeight(own - 1, foreign) : 0
        const loss = foreign > 0 ? value * coalitionWeight(own, foreign - 1) : 0
        for (const player of marked) {
          phi[player]! += origin[player] === FROM_ROW ? gain : -loss
        }
        return
      }
      const player = players.of[tree.feature[node]!]!
      const [mine, theirs] = [childOf(tree, node, row), childOf(tree, node, other)]
      if (mine === theirs || origin[player] !== 0) {
        walk(origin[player] === FROM_BACKGROUND ? theirs : mine, own, foreign)
        return
      }
      marked.push(player)
      origin[player] = FROM_ROW
      walk(mine, own + 1, foreign)
      origin[player] = FROM_BACKGROUND
      walk(theirs, own, foreign + 1)
      origin[player] = 0
      marked.pop()
    }
    walk(0, 0, 0)
  }
}

/** a! b! / (a + b + 1)! */
const coalitionWeight = (a: number, b: number): number => {
  let weight = 1 / (a + b + 1)
  for (let i = 1; i <= b; i++) weight *= i / (a + i)
  return weight
}
