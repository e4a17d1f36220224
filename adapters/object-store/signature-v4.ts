/** Signature Version 4 of requests to S3 (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html), as every S3-speaking store checks it. */
import { createHash, createHmac } from 'node:crypto'

export interface ObjectKey {
  readonly id: string
  readonly secret: string
  readonly region: string
}

export interface ObjectRequest {
  readonly method: string
  readonly url: URL
  /** SHA-256 of the body, lower-case hex. */
  readonly bodySha256: string
  /** Signed beside those that are added; lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The headers of the request, with `authorization`. The path is made of characters that need no encoding, and has no query. */
export function signed(request: ObjectRequest, key: ObjectKey, nowMs: number): Record<string, string> {
  const at = `${new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.url.host,
    'x-amz-content-sha256': request.bodySha256,
    'x-amz-date': at,
  }
  const names = Object.keys(headers).sort()
  const canonical = [
    request.method,
    request.url.pathname,
    '',
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    '',
    names.join(';'),
    request.bodySha256,
  ].join('\n')
  const scope = `${at.slice(0, 8)}/${key.region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', at, scope, createHash('sha256').update(canonical).digest('hex')].join(
    '\n',
  )
  const signing = scope
    .split('/')
    .reduce(
      (secret: string | Buffer, part) => createHmac('sha256', secret).update(part).digest(),
      `AWS4${key.secret}`,
    )
  const signature = createHmac('sha256', signing).update(text).digest('hex')
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${key.id}/${scope},SignedHeaders=${names.join(';')},Signature=${signature}`,
  }
}
