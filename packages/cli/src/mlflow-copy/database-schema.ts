import { KaizenError } from '@kaizen/contracts'

/** Revisions of MLflow's schema, oldest first, from that of 2.0 on; what is read has not changed its meaning since. */
const revisions =
  `97727af70f4d 3500859a5d39 7f2a7d5fae7d 2d6e25af4d3e acf3f17fdcc7 867495a8f9d4 5b0e9adcef9c 4465047574b1
f5a4f2784254 0584bdc529eb 400f98739977 6953534de441 bda7b8c39065 cbc13b556ace 770bee3ae1dd a1b2c3d4e5f6 de4033877273
1a0cddfcaa16 534353b11cbc 71994744cf8e 3da73c924c2f bf29a5ff90ea 1bd49d398cd23 b7c8d9e0f1a2 5d2d30f0abce c9d4e5f6a7b8
2c33131f4dae d3e4f5a6b7c8 d0e1f2a3b4c5 c8d9e0f1a2b3 1b5f0d9ad7c1 e1f2a3b4c5d6 76601a5f987d c3d6457b6d8a a5b4c3d2e1f0
ae8bbe7743c9 7d34483879f0 da6fb0208061 89d3d66ed43f b7e4c1a90f23 a8b9c0d1e2f3 c1d2e3f4a5b6 c3d9e7f1a2b4 6f8d9c3b2a1e
1971f2d9a75b 17e22815139b b7e2c1a4d9f3 75868b020152 dc11669786a5`.split(/\s+/)

/** @throws UNSUPPORTED for a schema that is not one of MLflow 2.0 to 3.17 */
export function checkRevision(found: readonly string[]): void {
  const [revision, ...more] = found
  if (revision !== undefined && more.length === 0 && revisions.includes(revision)) return
  const what =
    revision === undefined
      ? 'no revision of its schema'
      : `the revision ${found.join(', ').slice(0, 100)}`
  throw new KaizenError(
    'UNSUPPORTED',
    `the database names ${what}; those of MLflow 2.0 to 3.17 are read`,
    {
      hint: 'Upgrade an older one with `mlflow db upgrade`, or run an MLflow server on it and import from that.',
    },
  )
}
