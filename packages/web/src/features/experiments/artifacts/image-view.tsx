import { useEffect, useState } from 'react'
import { imageType } from './artifact-view.ts'

/** An image of a run. In an image nothing runs and nothing is loaded, whatever a drawing holds. */
export function ImageView({
  bytes,
  path,
}: {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly path: string
}) {
  const [url, setUrl] = useState<string | null>(null)
  const [broken, setBroken] = useState(false)
  useEffect(() => {
    const reader = new FileReader()
    reader.onload = () => setUrl(String(reader.result))
    // An address that holds the image itself: nothing else can be opened under it later.
    reader.readAsDataURL(new Blob([bytes], { type: imageType(path) }))
    return () => reader.abort()
  }, [bytes, path])
  if (broken) return <p className="section-body faint">This is no image that can be drawn.</p>
  return url === null ? null : <img src={url} alt={path} onError={() => setBroken(true)} />
}
