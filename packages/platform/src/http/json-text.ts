/**
 * A response that is JSON text already: what the database can write as it is sent is not read into objects first, which
 * for long lists costs several times what the text does.
 */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}
