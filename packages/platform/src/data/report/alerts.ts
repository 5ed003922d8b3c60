import type { ColumnProfile, DataReport, ReportAlert } from '@kaizen/contracts'

type Facts = Omit<DataReport, 'alerts'>

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
const count = (value: number): string => value.toLocaleString('en-US')
const alert = (
  kind: string,
  severity: ReportAlert['severity'],
  columns: readonly string[],
  message: string,
): ReportAlert => ({ kind, severity, columns: [...columns], message })

/** What a reader should look at first, in words with the numbers that say so; the gravest first. */
export function reportAlerts(facts: Facts): ReportAlert[] {
  const found = [
    ...facts.columns.flatMap(columnAlerts),
    ...rowAlerts(facts),
    ...leakageAlerts(facts),
    ...redundancyAlerts(facts),
    ...facts.outliers.flatMap((outliers) => outlierAlerts(outliers, facts.rowCount)),
    ...facts.textForms.flatMap(formAlerts),
    ...facts.personalData.map(({ column, kind, share }) =>
      alert(
        'personal-data',
        'critical',
        [column],
        `${column} looks like personal data: ${percent(share)} of its distinct values have the form of ${kind.replaceAll('-', ' ')}`,
      ),
    ),
  ]
  const order = { critical: 0, warning: 1, info: 2 }
  return found.sort((a, b) => order[a.severity] - order[b.severity])
}

function columnAlerts(profile: ColumnProfile): readonly ReportAlert[] {
  const { name, count: rows, missing, distinct, type } = profile
  const present = rows - missing
  const found: ReportAlert[] = []
  if (present === 0) return [alert('empty', 'warning', [name], `${name} has no value at all`)]
  if (missing / rows > 0.05)
    found.push(
      alert(
        'missing',
        missing / rows > 0.5 ? 'warning' : 'info',
        [name],
        `${name} is missing in ${percent(missing / rows)} of the rows (${count(missing)})`,
      ),
    )
  if (isConstant(profile))
    found.push(alert('constant', 'warning', [name], `${name} has one value in all of its rows`))
  else if (isKeyLike(profile))
    found.push(
      alert(
        'key-like',
        'warning',
        [name],
        `${name} is different in nearly every row, as an identifier is; a model would learn rows by heart`,
      ),
    )
  else if (type === 'string' && distinct > 50 && distinct / present > 0.1)
    found.push(
      alert(
        'many-categories',
        'info',
        [name],
        `${name} has about ${count(distinct)} distinct values`,
      ),
    )
  const top = profile.topValues[0]
  if (type !== 'number' && distinct > 1 && top && top.count / present > 0.95)
    found.push(
      alert(
        'imbalance',
        'info',
        [name],
        `${name} is ${JSON.stringify(top.value)} in ${percent(top.count / present)} of its rows`,
      ),
    )
  return found
}

const isConstant = ({ min, max, distinct, type }: ColumnProfile): boolean =>
  type === 'integer' || type === 'number'
    ? min !== null && min === max
    : distinct === 1 && min === max

const isKeyLike = ({ count: rows, missing, distinct, type }: ColumnProfile): boolean =>
  (type === 'string' || type === 'integer') &&
  rows - missing >= 50 &&
  distinct / (rows - missing) > 0.95

function rowAlerts({ duplicateRows, rowCount }: Facts): readonly ReportAlert[] {
  if (duplicateRows === 0) return []
  const share = duplicateRows / rowCount
  return [
    alert(
      'duplicate-rows',
      share > 0.01 ? 'warning' : 'info',
      [],
      `${count(duplicateRows)} rows (${percent(share)}) equal an earlier row in every column`,
    ),
  ]
}

/** So strong a relation with the target is rarely honest. */
const leaking = 0.98
const redundant = 0.95

function leakageAlerts({ target, associations }: Facts): readonly ReportAlert[] {
  if (target === null) return []
  return associations
    .filter(({ a, b }) => a === target || b === target)
    .filter(({ value }) => Math.abs(value ?? 0) > leaking)
    .map(({ a, b, method, value }) => {
      const other = a === target ? b : a
      return alert(
        'leakage',
        'critical',
        [other],
        `${other} tells the target ${target} almost alone (${method} ${(value ?? 0).toFixed(3)}): is it known when a prediction is asked for?`,
      )
    })
}

function redundancyAlerts({ target, associations }: Facts): readonly ReportAlert[] {
  return associations
    .filter(({ a, b, value }) => a !== target && b !== target && Math.abs(value ?? 0) > redundant)
    .map(({ a, b, method, value }) =>
      alert(
        'redundant',
        'info',
        [a, b],
        `${a} and ${b} say nearly the same (${method} ${(value ?? 0).toFixed(3)})`,
      ),
    )
}

/** A form of nearly all texts makes the others worth a look. */
const commonForm = 0.9

function formAlerts({
  column,
  rows,
  forms: [most, next],
}: DataReport['textForms'][number]): readonly ReportAlert[] {
  if (!most || !next || most.rows / rows < commonForm) return []
  const rest = rows - most.rows
  return [
    alert(
      'odd-forms',
      'info',
      [column],
      `${column} has the form ${JSON.stringify(most.form)} but for ${count(rest)} of ${count(rows)} rows, such as ${JSON.stringify(next.form)}`,
    ),
  ]
}

function outlierAlerts(
  { column, below, above, lower, upper }: DataReport['outliers'][number],
  rows: number,
): readonly ReportAlert[] {
  const share = (below + above) / rows
  if (share < 0.01) return []
  const [low, high] = [lower, upper].map((bound) => Number(bound.toPrecision(4)))
  return [
    alert(
      'outliers',
      'info',
      [column],
      `${column} lies outside ${low} to ${high} in ${count(below + above)} rows (${percent(share)})`,
    ),
  ]
}
