/** Who a request is from, by the partner's own scheme. The hub's own scheme is checked at its front door (docs/signing.md). */

export interface ReceivedRequest {
  /** Upper case. */
  readonly method: string
  /** Lower-case names, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Uint8Array
}

export type Verdict =
  /** `body`: what was in the envelope, where the scheme has one. */
  | { readonly genuine: true; readonly body: Uint8Array }
  /** `words` are for our log; the caller is told nothing but that it failed. */
  | { readonly genuine: false; readonly words: string }

/** Never throws for what a stranger sends. */
export type Verifier = (request: ReceivedRequest) => Promise<Verdict> | Verdict

export function headerOf({ headers }: ReceivedRequest, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}
