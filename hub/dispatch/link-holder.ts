/** The one open link of a destination: opened when it is needed, and again after it was closed or could not be opened. */
import type { Link } from '../contract/adapter.ts'

export class LinkHolder {
  readonly #open: () => Promise<Link>
  readonly #failed: (error: unknown) => void
  #link: Promise<Link> | undefined

  /** @param failed is told where a link did not close cleanly. */
  constructor(open: () => Promise<Link>, failed: (error: unknown) => void) {
    this.#open = open
    this.#failed = failed
  }

  get(): Promise<Link> {
    const link = this.#link ?? this.#open()
    this.#link = link
    link.catch(() => {
      if (this.#link === link) this.#link = undefined
    })
    return link
  }

  /** Safe twice, and where there is none. */
  async close(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    await link?.then((open) => open.close()).catch(this.#failed)
  }
}
