import { file, step, value } from '@kaizen/sdk'

/** Says in Markdown what came out. */
export const report = step('report', {
  in: {
    count: value<number>(),
    slope: value<number>(),
    robustSlope: value<number>(),
    residuals: value<number[]>(),
  },
  out: { page: file() },
  run: ({ count, slope, robustSlope, residuals }, { logMetric }) => {
    const worst = Math.max(...residuals.map(Math.abs))
    logMetric('worstResidual', worst)
    const page = [
      '# Spring',
      '',
      `${count} pulls. Stiffness by least squares ${slope.toFixed(3)}, with misread pulls left out`,
      `${robustSlope.toFixed(3)}; the worst residual is ${worst.toFixed(1)}.`,
      '',
    ].join('\n')
    return { page }
  },
})
