/**
 * Writes docs/reference/mlflow-compatibility.md from the table of routes in the contracts:
 * `node scripts/generate-mlflow-table.ts`.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type MlflowRoute, mlflowRFunctions, mlflowRoutes } from '@kaizen/contracts'

export const tablePath = resolve(`${import.meta.dirname}/../docs/reference/mlflow-compatibility.md`)

const head = `# MLflow compatibility

Every route of the MLflow server (3.17) under its API prefixes, and what Kaizen does with it. This page is generated from
\`packages/contracts/src/mlflow/routes.ts\` by \`node scripts/generate-mlflow-table.ts\`; a test holds it current.

A route under \`/api/2.0/mlflow\` is answered under \`/ajax-api/2.0/mlflow\` and \`/api/2.0/preview/mlflow\` as well. What is not
supported answers 404 with \`{"error_code": "ENDPOINT_NOT_FOUND", "message": …}\` and the reason, which newer clients read as
"an older server" and go on without. The stock Python client is run against this table in \`e2e/mlflow-client.test.ts\`.

Answers are compared with those of the real server, request by request, over a seeded corpus of sound, wrong and hostile
requests with generated filters, orders and pages. Each difference is on the list in \`e2e/differential/allowed.ts\` with its
reason, and a test fails on any other. More seeds: \`scripts/run node e2e/differential/main.ts --from 1 --count 20\`.

## Where Kaizen does otherwise, on purpose

- A metric that is NaN matches no comparison but \`!=\`; MLflow stores it as 0 and finds it there.
- A malformed JSON body is a 400 that says where it breaks; MLflow reads it as an empty body.
- A known path with another verb is a 404 in the protocol's error shape; MLflow answers 405 with a page of HTML.
- Uploading below a file is a 400 that names the file; MLflow answers 500.
- A filter on a logged model's \`status\` compares the status's name; MLflow compares its stored number.
- An order or filter on an unknown key is a 400 that lists the known ones, never a 500.
- Page tokens belong to their query: with another filter or order they are refused instead of skipping rows.
- A step that is no integer, or has more than 53 bits, and a data set without name, digest or source are refused; MLflow takes them.
- Scorers of code are kept as the text that they are, and never run here; MLflow's server refuses them unless it may run them, and
  a client that may not refuses to read a list with one.
- Who may make something in a workspace is told the names of those who work there, in the default one all names; MLflow tells all
  names in each.
- Restoring an experiment that is not deleted is a 400 that names its state; MLflow answers 404.
- A page of no rows cannot be asked for (\`max_results\` of 0 or less is a 400 on every search).
- A run without an experiment goes to the default one; MLflow answers with the failed SQL statement.
- HTML and SVG artifacts are sent as attachments that no browser runs.
- \`experiments/list\` and the \`preview\` prefix answer, for clients that today's MLflow no longer serves.
`

/** The page as the table of routes has it now. */
export function renderTable(routes: readonly MlflowRoute[]): string {
  const areas = Map.groupBy(routes, ({ area }) => area)
  const served = routes.filter(({ state }) => state === 'served').length
  const sections = [...areas].map(([area, own]) => {
    const rows = own.map(
      ({ method, path, state, reason }) => `| ${method} | \`${path}\` | ${state} | ${reason} |`,
    )
    return [
      `## ${area}`,
      '',
      '| method | path | state | reason |',
      '|---|---|---|---|',
      ...rows,
    ].join('\n')
  })
  const count = `${served} routes are served, ${routes.length - served} are not supported.`
  return [head, `${count}\n`, sections.join('\n\n'), '', functionsOfR()].join('\n')
}

/** Which routes the functions of the client of R ask. */
function functionsOfR(): string {
  const rows = mlflowRFunctions.map(({ name, routes }) => {
    const asked = routes.map((route) => `\`${route}\``).join(', ')
    return `| \`${name}\` | ${asked || "MLflow's command line"} |`
  })
  return `## Functions of the client of R

They ask the routes above; a test holds that each of these is served. Values of metrics may come as texts, as R sends them,
and runs by both of their ids. The client itself is not run in CI: it and the packages that it needs are compiled from source.

| function | asks |
|---|---|
${rows.join('\n')}
`
}

if (import.meta.main) writeFileSync(tablePath, renderTable(mlflowRoutes))
