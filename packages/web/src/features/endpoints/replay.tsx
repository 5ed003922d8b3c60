import type { EndpointView, ReplayView } from '@kaizen/contracts'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { formatCount, formatNumber, formatShare } from '../../shared/format/number.ts'
import { Command } from '../../shared/ui/command.tsx'
import { ChoiceField, Form, FormFailure, TextField } from '../../shared/ui/form.tsx'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { State } from '../../shared/ui/state.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { runReplay } from './api.ts'
import {
  answerWords,
  limitProblem,
  type ReplayWishes,
  replayCommand,
  replayVerdict,
  rewardChoices,
} from './replay-model.ts'

/** What a candidate would have answered to logged requests, beside what was answered and what was true. */
export function Replay({ endpoint }: { readonly endpoint: EndpointView }) {
  const [wishes, setWishes] = useState<ReplayWishes>({
    model: `models:/${endpoint.model}/`,
    limit: '10000',
    reward: 'none',
  })
  const set = (change: Partial<ReplayWishes>) => setWishes({ ...wishes, ...change })
  const replay = useMutation({ mutationFn: () => runReplay(endpoint.name, wishes) })
  const problem = limitProblem(wishes.limit)
  const isNamed = !wishes.model.endsWith('/')
  return (
    <>
      <Section title="Put logged requests to a candidate" aside="nobody is answered by it">
        <Form label="Replay" onSubmit={() => replay.mutate()}>
          <TextField
            label="Candidate"
            value={wishes.model}
            onChange={(model) => set({ model })}
            placeholder="models:/NAME/VERSION, ensembles:/NAME or a URL"
          />
          <TextField
            label="Newest requests"
            value={wishes.limit}
            inputMode="numeric"
            problem={problem}
            onChange={(limit) => set({ limit })}
          />
          <ChoiceField
            label="Held against the truth"
            value={wishes.reward}
            choices={rewardChoices}
            onChange={(reward) => set({ reward })}
          />
          <button
            type="submit"
            className="button primary"
            disabled={!isNamed || problem !== null || replay.isPending}
          >
            {replay.isPending ? 'Asking…' : 'Replay'}
          </button>
        </Form>
        <FormFailure error={replay.error} />
      </Section>
      {replay.data && <Outcome view={replay.data} />}
      <Command text={replayCommand(endpoint.name, wishes)} />
    </>
  )
}

function Outcome({ view }: { readonly view: ReplayView }) {
  return (
    <>
      <Section title={`${view.model} · ${view.version}`} aside={replayVerdict(view)}>
        <Facts
          facts={[
            { label: 'Logged answers', value: formatCount(view.rows) },
            { label: 'Answered by the candidate', value: formatCount(view.answered) },
            {
              label: 'The same',
              value: `${formatCount(view.same)} (${formatShare(view.answered === 0 ? null : view.same / view.answered)})`,
            },
            { label: 'Lack an input', value: formatCount(view.incomplete) },
            { label: 'Failed', value: formatCount(view.failed) },
            { label: 'Mean difference', value: formatNumber(view.meanDifference) },
            { label: 'Largest difference', value: formatNumber(view.largestDifference) },
            { label: 'With ground truth', value: formatCount(view.rewarded) },
            { label: 'Reward logged', value: formatNumber(view.loggedReward) },
            { label: 'Reward of the candidate', value: formatNumber(view.candidateReward) },
          ]}
        />
      </Section>
      <Section title="Where the two differ most" aside="at most 20">
        {view.examples.length === 0 ? (
          <State icon="ok" title="They differ nowhere" />
        ) : (
          <Table
            label="Where the two differ most"
            primary
            columns={columns}
            rows={view.examples}
            rowKey={(row) => row.inferenceId}
            csvName={`replay-${view.model}-${view.version}`}
          />
        )}
      </Section>
    </>
  )
}

type Example = ReplayView['examples'][number]

const columns: readonly TableColumn<Example>[] = [
  {
    id: 'id',
    header: 'Inference id',
    minWidth: 160,
    cell: (row) => row.inferenceId,
    text: (row) => row.inferenceId,
  },
  {
    id: 'logged',
    header: 'Answered',
    minWidth: 100,
    align: 'end',
    cell: (row) => answerWords(row.logged),
  },
  {
    id: 'candidate',
    header: 'Candidate',
    minWidth: 100,
    align: 'end',
    cell: (row) => answerWords(row.candidate),
  },
  {
    id: 'actual',
    header: 'True',
    minWidth: 100,
    align: 'end',
    cell: (row) => answerWords(row.actual),
  },
]
