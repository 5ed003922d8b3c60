import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatCount } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { experimentsQuery } from '../experiments/api.ts'
import { FilterBox } from '../experiments/filter-box.tsx'
import { ObjectHistory } from '../governance/object-history.tsx'
import { evaluationDatasetQuery, recordsQuery } from './api.ts'
import { type EvaluationDataset, type EvaluationRecord, inOneLine, recordsWith } from './wire.ts'
import '../../shared/ui/fields.css'
import '../experiments/run.css'

const route = getRouteApi('/evaluation-datasets/$id')

/** A data set that answers are evaluated on: its records, what each expects, who merged what into it. */
export function EvaluationDatasetPage() {
  const { id } = route.useParams()
  const query = useQuery(evaluationDatasetQuery(id))
  return <Loaded query={query}>{(dataset) => <Found dataset={dataset} />}</Loaded>
}

function Found({ dataset }: { readonly dataset: EvaluationDataset }) {
  const experiments = useQuery(experimentsQuery)
  const nameOf = (id: string): string => experiments.data?.find((one) => one.id === id)?.name ?? id
  return (
    <Page
      title={dataset.name}
      crumbs={[
        { label: 'Experiments', href: paths.experiments },
        { label: 'Evaluation datasets', href: paths.evaluationDatasets },
      ]}
    >
      <Section title="Dataset">
        <Facts
          facts={[
            { label: 'Records', value: formatCount(dataset.records) },
            { label: 'Updated', value: <When at={dataset.updatedAt} full /> },
            { label: 'By', value: dataset.updatedBy || '–' },
            { label: 'Created', value: <When at={dataset.createdAt} full /> },
            {
              label: 'Experiments',
              value:
                dataset.experimentIds.length === 0
                  ? '–'
                  : dataset.experimentIds.map((id) => (
                      <Link key={id} className="link" href={paths.experiment(id)}>
                        {nameOf(id)}{' '}
                      </Link>
                    )),
            },
            { label: 'Digest', value: <code>{dataset.digest}</code> },
            { label: 'Id', value: <code>{dataset.id}</code> },
          ]}
        />
      </Section>
      <Records id={dataset.id} />
      <div className="columns">
        <Pairs title="Fields" pairs={dataset.schema} none="No record was added yet." />
        <Pairs title="Tags" pairs={dataset.tags} none="No tag was set." />
      </div>
      <ObjectHistory subject={`evaluation-dataset:${dataset.id}`} />
    </Page>
  )
}

function Records({ id }: { readonly id: string }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { query, rows, onEnd } = usePages(recordsQuery(id))
  const text = search.text ?? ''
  const found = useMemo(() => recordsWith(rows, text), [rows, text])
  const chosen = found.find((one) => one.id === search.record) ?? found[0]
  const change = (next: { readonly text?: string; readonly record?: string }) => {
    const merged = Object.entries({ ...search, ...next }).filter(([, value]) => value !== '')
    void navigate({ search: Object.fromEntries(merged), replace: true })
  }
  const columns = useMemo(
    () =>
      columnsOf(
        chosen?.id,
        (record) => void navigate({ search: { ...search, record }, replace: true }),
      ),
    [chosen, search, navigate],
  )
  return (
    <>
      <Section
        title="Records"
        aside={
          <span role="status">
            {text !== '' && `${formatCount(found.length)} of `}
            {formatCount(rows.length)} loaded{query.hasNextPage ? ', more below' : ''}
          </span>
        }
      >
        <div className="toolbar record-search">
          <FilterBox
            label="Search records"
            example="words of inputs, outputs, expectations, tags"
            value={text}
            error={null}
            onChange={(next) => change({ text: next, record: '' })}
          />
          {text !== '' && query.hasNextPage && (
            <button type="button" className="button small" onClick={onEnd}>
              Search in more
            </button>
          )}
        </div>
        <Loaded query={query} skeleton={<Skeleton lines={8} />}>
          {() => (
            <Table
              label="Records"
              primary
              columns={columns}
              rows={found}
              rowKey={(row) => row.id}
              height={380}
              {...(text === '' && { onEnd })}
              rowTone={(row) => (row === chosen ? 'chosen' : undefined)}
              csvName="evaluation-records"
              empty={
                <State
                  icon="evaluation"
                  title={text === '' ? 'No record yet' : 'No loaded record has these words'}
                >
                  <p>
                    {text === ''
                      ? 'Merge some by an MLflow client: dataset.merge_records(…)'
                      : 'Change the words, or search in more of them.'}
                  </p>
                </State>
              }
            />
          )}
        </Loaded>
      </Section>
      {chosen && <Record record={chosen} />}
    </>
  )
}

function Record({ record }: { readonly record: EvaluationRecord }) {
  const parts = [
    ['Inputs', record.inputs],
    ['Outputs', record.outputs],
    ['Expected', record.expectations],
  ] as const
  return (
    <Section title="Record" aside={<code>{record.id}</code>}>
      <Facts
        facts={[
          {
            label: 'From',
            value: record.traceId ? (
              <Link className="link" href={paths.trace(record.traceId)}>
                {record.source}
              </Link>
            ) : (
              record.source || '–'
            ),
          },
          { label: 'Added', value: <When at={record.createdAt} full /> },
          { label: 'Last merged', value: <When at={record.updatedAt} full /> },
          { label: 'By', value: record.updatedBy || '–' },
        ]}
      />
      <dl className="fields">
        {parts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {value === null ? (
                '–'
              ) : (
                <pre className="record-part">
                  {typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
                </pre>
              )}
            </dd>
          </div>
        ))}
        {[...record.tags].map(([key, value]) => (
          <div key={`tag ${key}`}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

const columnsOf = (
  chosen: string | undefined,
  choose: (id: string) => void,
): readonly TableColumn<EvaluationRecord>[] => [
  {
    id: 'inputs',
    header: 'Inputs',
    minWidth: 240,
    cell: (row) => (
      <button
        type="button"
        className="cell-button"
        aria-pressed={row.id === chosen}
        onClick={() => choose(row.id)}
      >
        {inOneLine(row.inputs)}
      </button>
    ),
    text: (row) => inOneLine(row.inputs),
  },
  ...(['outputs', 'expectations'] as const).map(
    (part): TableColumn<EvaluationRecord> => ({
      id: part,
      header: part === 'outputs' ? 'Outputs' : 'Expected',
      minWidth: 220,
      cell: (row) => inOneLine(row[part]),
      text: (row) => inOneLine(row[part]),
    }),
  ),
  {
    id: 'source',
    header: 'From',
    width: 120,
    cell: (row) => <span className="soft">{row.source}</span>,
    text: (row) => row.source,
  },
  {
    id: 'updated',
    header: 'Merged',
    width: 110,
    cell: (row) => <When at={row.updatedAt} />,
    sort: (row) => row.updatedAt,
  },
]

function Pairs(props: {
  readonly title: string
  readonly pairs: ReadonlyMap<string, string>
  readonly none: string
}) {
  return (
    <Section title={props.title} aside={`${props.pairs.size}`}>
      {props.pairs.size === 0 ? (
        <p className="section-body faint">{props.none}</p>
      ) : (
        <dl className="fields">
          {[...props.pairs].map(([key, value]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  )
}
