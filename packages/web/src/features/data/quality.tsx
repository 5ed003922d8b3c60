import {
  type DatasetContract,
  dataQualityApi,
  type ExpectationOutcome,
  type ExpectationSuite,
  type JsonValue,
  type ValidationSummary,
} from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatCount } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import {
  contractQuery,
  failedRowsQuery,
  suitesQuery,
  validationQuery,
  validationsQuery,
} from './api.ts'
import { environmentWords, foundWords, subjectWords, suiteWords } from './prepare-quality.ts'

interface QualityProps {
  readonly name: string
  /** The validation that is looked at. */
  readonly validation: string | undefined
}

/** Suites of expectations, the contract of new versions, and what validations found. */
export function Quality({ name, validation }: QualityProps) {
  return (
    <>
      <Contract name={name} />
      <Suites name={name} />
      <Validations name={name} />
      {validation !== undefined && <Outcomes name={name} id={validation} />}
    </>
  )
}

function Contract({ name }: { readonly name: string }) {
  const query = useQuery(contractQuery(name))
  return (
    <Section title="Contract of new versions">
      <Loaded query={query}>
        {({ contract }) => (
          <p className="section-body">
            {contract === null
              ? 'None: every file that can be read becomes a version.'
              : `A new version must meet the suite “${contract.suite}”${contract.environment === undefined ? '' : ` for ${contract.environment}`}; ${failureWords[contract.onFailure]}.`}
          </p>
        )}
      </Loaded>
    </Section>
  )
}

const failureWords: Readonly<Record<DatasetContract['onFailure'], string>> = {
  block: 'one that does not is kept out, and its rows are kept for a look',
  hold: 'one that does not is made, and no pipeline reads it',
  warn: 'a failure is told and the version is made',
}

const suiteColumns: readonly TableColumn<ExpectationSuite>[] = [
  { id: 'name', header: 'Suite', minWidth: 180, cell: (row) => row.name },
  {
    id: 'expectations',
    header: 'Expectations',
    width: 120,
    align: 'end',
    cell: (row) => formatCount(row.expectations.length),
  },
  {
    id: 'asks',
    header: 'Asks',
    minWidth: 240,
    cell: (row) => suiteWords(row.expectations),
  },
  {
    id: 'environments',
    header: 'Environments',
    minWidth: 180,
    cell: (row) => environmentWords(row.environments) || null,
  },
  { id: 'updated', header: 'Updated', width: 120, cell: (row) => <When at={row.updatedAt} /> },
  { id: 'by', header: 'By', minWidth: 140, cell: (row) => row.updatedBy },
]

function Suites({ name }: { readonly name: string }) {
  const { query, rows, onEnd } = usePages(suitesQuery(name))
  return (
    <Section title="Expectation suites">
      <Loaded query={query}>
        {() => (
          <Table
            label="Expectation suites"
            columns={suiteColumns}
            rows={rows}
            rowKey={(row) => row.name}
            onEnd={onEnd}
            height={240}
            empty={
              <State
                icon="data"
                title="No suite yet"
                command={`kaizen data infer-suite ${name} --save plausible`}
              >
                <p>Infer one from a version, or import one of Great Expectations.</p>
              </State>
            }
          />
        )}
      </Loaded>
    </Section>
  )
}

function Validations({ name }: { readonly name: string }) {
  const { query, rows, onEnd } = usePages(validationsQuery(name))
  const columns: readonly TableColumn<ValidationSummary>[] = [
    {
      id: 'at',
      header: 'At',
      width: 130,
      cell: (row) => (
        <Link href={paths.validation(name, row.id)}>
          <When at={row.createdAt} />
        </Link>
      ),
    },
    {
      id: 'result',
      header: 'Result',
      width: 110,
      cell: (row) => (
        <Status
          state={row.success ? 'passed' : 'failed'}
          label={row.success ? 'met' : row.version === null ? 'kept out' : 'broken'}
        />
      ),
    },
    { id: 'version', header: 'Version', width: 90, align: 'end', cell: (row) => row.version },
    {
      id: 'suite',
      header: 'Suite',
      minWidth: 140,
      cell: ({ suite, environment }) =>
        environment === null ? suite : `${suite} for ${environment}`,
    },
    {
      id: 'met',
      header: 'Met',
      width: 110,
      align: 'end',
      cell: ({ statistics }) =>
        `${statistics.successful_expectations} of ${statistics.evaluated_expectations}`,
    },
    {
      id: 'failed',
      header: 'Rows failed',
      width: 110,
      align: 'end',
      cell: (row) => formatCount(row.failedRows),
      sort: (row) => row.failedRows,
    },
    { id: 'by', header: 'By', minWidth: 120, cell: (row) => row.createdBy },
  ]
  return (
    <Section title="Validations">
      <Loaded query={query}>
        {() => (
          <Table
            label="Validations"
            primary
            columns={columns}
            rows={rows}
            rowKey={(row) => row.id}
            onEnd={onEnd}
            height={320}
            empty={
              <State
                icon="data"
                title="Nothing was validated yet"
                command={`kaizen data validate ${name} --suite plausible`}
              >
                <p>With a contract, every new version is validated by itself.</p>
              </State>
            }
          />
        )}
      </Loaded>
    </Section>
  )
}

const outcomeColumns: readonly TableColumn<ExpectationOutcome>[] = [
  {
    id: 'success',
    header: 'Result',
    width: 100,
    cell: (row) => (
      <Status
        state={row.success ? 'passed' : row.expectation_config.severity}
        label={row.success ? 'met' : 'not met'}
      />
    ),
    sort: (row) => (row.success ? 1 : 0),
  },
  {
    id: 'type',
    header: 'Expectation',
    minWidth: 300,
    cell: (row) => <code>{row.expectation_config.type}</code>,
  },
  { id: 'of', header: 'Of', minWidth: 140, cell: subjectWords },
  {
    id: 'severity',
    header: 'Severity',
    width: 100,
    cell: (row) => row.expectation_config.severity,
  },
  { id: 'found', header: 'Found', minWidth: 280, cell: foundWords },
]

function Outcomes({ name, id }: { readonly name: string; readonly id: string }) {
  const query = useQuery(validationQuery(name, id))
  const failed = useQuery(failedRowsQuery(name, id))
  return (
    <>
      <Section title="What the validation found" aside={<code>{id}</code>}>
        <Loaded query={query}>
          {(validation) => (
            <Table
              label="Outcomes"
              columns={outcomeColumns}
              rows={[...validation.results].sort((a, b) => Number(a.success) - Number(b.success))}
              rowKey={(row) => JSON.stringify(row.expectation_config)}
              csvName={id}
            />
          )}
        </Loaded>
      </Section>
      <Loaded query={failed}>
        {({ columns, rows, masked }) =>
          rows.length > 0 && (
            <FailedRows name={name} id={id} columns={columns} rows={rows} masked={masked} />
          )
        }
      </Loaded>
    </>
  )
}

interface FailedRow {
  readonly number: number
  readonly cells: readonly JsonValue[]
}

function FailedRows(props: {
  readonly name: string
  readonly id: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly JsonValue[])[]
  readonly masked: readonly string[]
}) {
  const file = dataQualityApi.failedRowsFile.path
    .replace(':name', encodeURIComponent(props.name))
    .replace(':id', encodeURIComponent(props.id))
  const columns = props.columns.map(
    (header, index): TableColumn<FailedRow> => ({
      id: header,
      header,
      minWidth: 92,
      cell: ({ cells }) => (cells[index] === null ? null : String(cells[index])),
    }),
  )
  return (
    <Section
      title="Rows that failed"
      aside={
        <>
          the first {formatCount(props.rows.length)} ·{' '}
          <a href={file} download>
            all as CSV
          </a>
        </>
      }
    >
      {props.masked.length > 0 && (
        <p className="section-body">Masked as personal data: {props.masked.join(', ')}.</p>
      )}
      <Table
        label="Rows that failed"
        columns={columns}
        rows={props.rows.map((cells, number) => ({ number, cells }))}
        rowKey={(row) => String(row.number)}
        height={360}
        csvName={`${props.id}-rows`}
      />
    </Section>
  )
}
