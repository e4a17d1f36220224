/** What an outbound signer sees of a request, and what it adds to it. */

export interface SignableRequest {
  /** Upper case. */
  readonly method: string
  /** Path as it stands on the request line, percent-encoded, without the query. */
  readonly path: string
  /** Query as it stands on the request line, without `?`; empty where there is none. */
  readonly query: string
  readonly body: Uint8Array
  /** Message id of a delivery; a fresh random id of a probe. */
  readonly id: string
}

/** Headers (lower-case names) that prove who sent the request. Called once an attempt: a signature is never reused. */
export type Signer = (request: SignableRequest) => Readonly<Record<string, string>>
