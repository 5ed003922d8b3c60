import type { CardSection, ModelCard } from '@kaizen/contracts'

/** Markdown as HTML. Markup of the author's own is shown as text, and only harmless links are links. */
export async function markdownHtml(markdown: string): Promise<string> {
  // Loaded where it is first used: a server that shows no card starts without it.
  const [{ micromark }, { gfmTable, gfmTableHtml }] = await Promise.all([
    import('micromark'),
    import('micromark-extension-gfm-table'),
  ])
  return micromark(markdown, {
    allowDangerousHtml: false,
    allowDangerousProtocol: false,
    extensions: [gfmTable()],
    htmlExtensions: [gfmTableHtml()],
  })
}

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

const section = ({ title, html }: CardSection): string =>
  `<section><h2>${escaped(title)}</h2>${html || '<p class="faint">Not written yet.</p>'}</section>`

/** A card as one HTML file that loads nothing and runs nothing. */
export function cardPage(card: ModelCard): string {
  const title = `${card.name}, version ${card.version}`
  const edit = card.edit
    ? `Revision ${card.edit.revision} by ${card.edit.by}, ${new Date(card.edit.at).toISOString()}`
    : 'Nobody has written on this card yet'
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Model card: ${escaped(title)}</title><style>${style}</style></head><body>
<h1>${escaped(title)}</h1><p class="faint">${escaped(edit)}</p>
${card.sections.map(section).join('\n')}
</body></html>
`
}

const style = `:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid #8885}
table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8883}
pre{overflow-x:auto}.faint{opacity:.65}`
