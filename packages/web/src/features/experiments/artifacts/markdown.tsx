import { micromark } from 'micromark'
import { gfmTable, gfmTableHtml } from 'micromark-extension-gfm-table'
import { useMemo } from 'react'
import { SafeHtml } from '../../../shared/ui/safe-html.tsx'

/** Markdown as a page; markup of its author's own is shown as text. */
export function MarkdownView({ text }: { readonly text: string }) {
  const html = useMemo(
    () => micromark(text, { extensions: [gfmTable()], htmlExtensions: [gfmTableHtml()] }),
    [text],
  )
  return <SafeHtml html={html} />
}
