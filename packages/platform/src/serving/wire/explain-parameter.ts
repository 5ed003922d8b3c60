import { KaizenError } from '@kaizen/contracts'
import { defaultBudgetMs, type ExplainRequest, mostBudgetMs } from '../explain/model.ts'
import type { WireJson } from './json.ts'

/** Names under which requests ask for explanations, among parameters of every protocol. */
export const explainParameters = ['explain', 'explain_budget_ms'] as const

/** What parameters say about an explanation; undefined where none is asked for. @throws INVALID_REQUEST */
export function parseExplain(
  where: string,
  parameters: { readonly [name: string]: WireJson | undefined },
): ExplainRequest | undefined {
  const { explain, explain_budget_ms: budget } = parameters
  if (explain === undefined || explain === null || explain === false || explain === '') {
    return undefined
  }
  if (explain !== 'shap' && explain !== true) {
    throw new KaizenError(
      'INVALID_REQUEST',
      `${where}explain: ${JSON.stringify(explain).slice(0, 100)} is no method of explaining`,
      { hint: 'Ask for explain=shap.' },
    )
  }
  if (budget === undefined || budget === null) return { budgetMs: defaultBudgetMs }
  const budgetMs = typeof budget === 'string' && /^\d{1,6}$/.test(budget) ? Number(budget) : budget
  if (typeof budgetMs === 'number' && budgetMs >= 1 && budgetMs <= mostBudgetMs) return { budgetMs }
  throw new KaizenError(
    'INVALID_REQUEST',
    `${where}explain_budget_ms: expected milliseconds from 1 to ${mostBudgetMs}`,
  )
}
