import { file, metric, number, pipeline, project, pythonStep, value } from '@kaizen/sdk'
import { measure } from './steps/measure.ts'
import { report } from './steps/report.ts'

/** Least squares in Python, with nothing but its standard library. */
const fitLine = pythonStep('fit-line', {
  in: { points: file(), robust: value<boolean>() },
  out: { slope: metric(), intercept: metric(), residuals: value<number[]>() },
  file: 'steps/fit_line.py',
  retry: { max: 1 },
  timeout: '1m',
})

const springs = pipeline(
  'springs',
  {
    description: 'Measures a spring in TypeScript, fits it in Python, reports in TypeScript.',
    params: { stiffness: number(2.5), noise: number(0.1) },
  },
  (p) => {
    const { points, count } = measure({ stiffness: p.stiffness, noise: p.noise })
    const plain = fitLine({ points, robust: false })
    const robust = fitLine({ points, robust: true }, { id: 'fit-robust' })
    const { page } = report({
      count,
      slope: plain.slope,
      robustSlope: robust.slope,
      residuals: robust.residuals,
    })
    return { slope: robust.slope, page }
  },
)

export default project({
  name: 'python-steps',
  description: 'One pipeline, two languages.',
  pipelines: [springs],
})
