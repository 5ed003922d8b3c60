import {
  type ExpectationConfig,
  expectationConfig,
  type JsonValue,
  KaizenError,
  type SuiteEnvironments,
  suiteEnvironments,
} from '@kaizen/contracts'
import { z } from 'zod'

/** A suite as a file holds it. */
export interface ParsedSuite {
  readonly name: string | undefined
  readonly expectations: readonly ExpectationConfig[]
  readonly environments: SuiteEnvironments
  readonly meta: Readonly<Record<string, JsonValue>>
}

/** An expectation as Great Expectations writes it, before 1.0 (`expectation_type`) and since (`type`). */
const written = z.looseObject({
  type: z.string().optional(),
  expectation_type: z.string().optional(),
  kwargs: z.record(z.string(), z.json()).default({}),
  severity: z.string().nullish(),
  meta: z.record(z.string(), z.json()).nullish(),
})
const suite = z.looseObject({
  name: z.string().optional(),
  expectation_suite_name: z.string().optional(),
  expectations: z.array(written).min(1),
  meta: z.record(z.string(), z.json()).nullish(),
})
const kaizenMeta = z.object({ environments: suiteEnvironments.default({}) })

/** Reads the JSON of a suite of Great Expectations, old or new, or a bare list of expectations. @throws INVALID_REQUEST */
export function parseSuite(text: string, file: string): ParsedSuite {
  const given = jsonOf(text, file)
  const parsed = suite.safeParse(Array.isArray(given) ? { expectations: given } : given)
  if (!parsed.success) throw unreadable(file, z.prettifyError(parsed.error).replaceAll('\n', ' '))
  const { name, expectation_suite_name: oldName, expectations } = parsed.data
  const { kaizen, ...meta } = parsed.data.meta ?? {}
  const own = kaizenMeta.safeParse(kaizen ?? {})
  if (!own.success) throw unreadable(file, `meta.kaizen: ${z.prettifyError(own.error)}`)
  return {
    name: name ?? oldName,
    environments: own.data.environments,
    meta,
    expectations: expectations.map(({ type, expectation_type: oldType, kwargs, ...rest }, i) => {
      // `batch_id` and `result_format` say where and how the other tool ran it.
      const { batch_id: _batch, result_format: _format, ...args } = kwargs
      const config = expectationConfig.safeParse({
        type: type ?? oldType,
        kwargs: args,
        severity: rest.severity ?? 'critical',
        meta: rest.meta ?? {},
      })
      if (config.success) return config.data
      throw unreadable(file, `expectation ${i + 1}: ${z.prettifyError(config.error)}`)
    }),
  }
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (failure) {
    throw unreadable(file, failure instanceof Error ? failure.message : 'no JSON')
  }
}

const unreadable = (file: string, why: string): KaizenError =>
  new KaizenError('INVALID_REQUEST', `${file} is no expectation suite: ${why}`, {
    hint: 'Give the JSON of a suite: { "name": …, "expectations": [{ "type": …, "kwargs": {…} }] }.',
  })
