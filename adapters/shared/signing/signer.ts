/** What an outbound signer sees of a request, and what it makes of it. */

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
  /** The format's adapter hints for the message; none for a probe. */
  readonly hints?: Readonly<Record<string, string>>
}

export interface Signed {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** What is sent in place of the body, where the scheme seals it, with its media type. */
  readonly sealed?: { readonly body: Uint8Array; readonly contentType: string }
}

export interface Signer {
  /**
   * Proves who sends the request. Called once an attempt: a signature is never reused.
   * @throws LinkLost where something it needs (a token, this hour's secret) cannot be had now; Rejected where it is refused
   */
  sign(request: SignableRequest, signal: AbortSignal): Promise<Signed> | Signed
  /**
   * Opens an answer that came sealed; an answer in the clear (a gateway's page) comes back as it is.
   * @throws Error where it is sealed and cannot be opened
   */
  unseal?(answer: Uint8Array): Uint8Array
  /** The receiver refused our credentials: what was kept of them is dropped. */
  refused?(): void
}
