import { useState } from 'react'
import { formatNumber } from '../../shared/format/number.ts'
import { Section } from '../../shared/ui/page.tsx'
import { type AnswerExplanation, leadingTarget } from './explanation-model.ts'
import './explanation.css'

const scales: Readonly<Record<string, string>> = {
  identity: 'in the unit of the answer',
  logit: 'in log odds',
  softmax: 'in scores below the softmax',
  log: 'in the logarithm of the answer',
}

/** What each input adds to the answer, as bars from the middle: to the right what raises it, to the left what lowers it. */
export function ExplanationBars({ explanation }: { readonly explanation: AnswerExplanation }) {
  const [chosen, setChosen] = useState<number | null>(null)
  const index = Math.min(chosen ?? leadingTarget(explanation), explanation.targets.length - 1)
  const target = explanation.targets[index]
  if (!target) return null
  return (
    <Section
      title="Why this answer"
      aside={`${explanation.method}${explanation.exact ? '' : ', an estimate'}, against ${explanation.background}`}
    >
      {explanation.targets.length > 1 && (
        <label className="explain-target">
          explains
          <select
            className="field"
            value={index}
            onChange={(event) => setChosen(Number(event.target.value))}
          >
            {explanation.targets.map((one, i) => (
              <option key={one.name} value={i}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      )}
      <table className="explain">
        <caption className="faint small">
          {formatNumber(target.base)} on average, {formatNumber(target.score)} here,{' '}
          {scales[explanation.link] ?? explanation.link}
        </caption>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">Input</th>
            <th scope="col">Direction</th>
            <th scope="col">Adds</th>
          </tr>
        </thead>
        <tbody>
          {target.bars.map((bar) => (
            <tr key={bar.feature}>
              <th scope="row">{bar.feature}</th>
              <td>
                <svg
                  className="explain-bar"
                  viewBox="0 0 200 12"
                  preserveAspectRatio="none"
                  role="img"
                >
                  <title>{bar.value >= 0 ? 'raises the answer' : 'lowers the answer'}</title>
                  <rect
                    className={bar.value >= 0 ? 'raises' : 'lowers'}
                    x={bar.value >= 0 ? 100 : 100 - 100 * bar.share}
                    y={1}
                    width={100 * bar.share}
                    height={10}
                  />
                  <line className="middle" x1={100} x2={100} y1={0} y2={12} />
                </svg>
              </td>
              <td className="explain-value">
                {bar.value > 0 ? '+' : ''}
                {formatNumber(bar.value)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  )
}
