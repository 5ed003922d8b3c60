/** The root of the mean squared difference. */
export const rootMeanSquaredError = (
  predicted: ArrayLike<number>,
  actual: ArrayLike<number>,
): number => {
  let sum = 0
  for (let row = 0; row < actual.length; row++) sum += (predicted[row]! - actual[row]!) ** 2
  return Math.sqrt(sum / actual.length)
}

/** The mean negative log probability of what happened; `predicted` are probabilities of class 1. */
export const logLoss = (predicted: ArrayLike<number>, actual: ArrayLike<number>): number => {
  let sum = 0
  for (let row = 0; row < actual.length; row++) {
    sum -= Math.log(actual[row] === 1 ? predicted[row]! : 1 - predicted[row]!)
  }
  return sum / actual.length
}

/** The probability that a random row of class 1 is ranked above one of class 0; ties count half. */
export const areaUnderCurve = (predicted: ArrayLike<number>, actual: ArrayLike<number>): number => {
  const order = Array.from({ length: actual.length }, (_, row) => row)
  order.sort((a, b) => predicted[a]! - predicted[b]!)
  let [positives, rankSum] = [0, 0]
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && predicted[order[to]!] === predicted[order[from]!]) to++
    const meanRank = (from + to + 1) / 2
    for (let i = from; i < to; i++) {
      if (actual[order[i]!] !== 1) continue
      positives++
      rankSum += meanRank
    }
  }
  const negatives = order.length - positives
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}
