import { describe, expect, it } from 'vitest'
import { linkedVersions, readPromptPage, readVersionPage } from './wire.ts'

const tag = (key: string, value: string) => ({ key, value })

describe('prompts on the wire', () => {
  it('reads a page of them, and versions of texts and chats', () => {
    expect(
      readPromptPage({
        registered_models: [{ name: 'p', latest_versions: [{ version: '2' }] }],
        next_page_token: 't',
      }),
    ).toEqual({
      items: [
        {
          name: 'p',
          description: '',
          latestVersion: 2,
          aliases: [],
          createdAt: null,
          updatedAt: null,
        },
      ],
      nextPageToken: 't',
    })
    const messages = [
      { role: 'system', content: 'Be {{ tone }}.' },
      { role: 'user', content: '{{question}} {{tone}}' },
    ]
    const { items } = readVersionPage({
      model_versions: [
        {
          version: '2',
          tags: [
            tag('_mlflow_prompt_type', 'chat'),
            tag('mlflow.prompt.text', JSON.stringify(messages)),
            tag('team', 'bikes'),
          ],
        },
        { version: '1', tags: [tag('mlflow.prompt.text', 'Say {{x}}')] },
      ],
    })
    expect(items.map(({ kind, template, variables }) => ({ kind, template, variables }))).toEqual([
      {
        kind: 'chat',
        template: 'system:\nBe {{ tone }}.\n\nuser:\n{{question}} {{tone}}',
        variables: ['tone', 'question'],
      },
      { kind: 'text', template: 'Say {{x}}', variables: ['x'] },
    ])
    expect([...(items[0]?.tags ?? [])]).toEqual([['team', 'bikes']])
  })

  it('shows a chat that cannot be read as it is', () => {
    const broken = [tag('_mlflow_prompt_type', 'chat'), tag('mlflow.prompt.text', '[{')]
    const [version] = readVersionPage({ model_versions: [{ version: '1', tags: broken }] }).items
    expect(version).toMatchObject({ kind: 'text', template: '[{' })
  })

  it('finds the versions that a run used', () => {
    const used = JSON.stringify([
      { name: 'p', version: '2' },
      { name: 'other', version: '1' },
      { name: 'p', version: 3 },
    ])
    expect(linkedVersions(used, 'p')).toEqual(['2', '3'])
    expect([linkedVersions('{', 'p'), linkedVersions(undefined, 'p')]).toEqual([[], []])
  })
})
