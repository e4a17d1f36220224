/**
 * Runs a preview in a child process that cannot hurt: hard memory limit, hard time limit, no writing, no network, no
 * processes of its own, nothing of our environment. The engine's own budget stops every known attack long before.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../contract/clock.ts'
import type { PreviewRequest, PreviewResult } from './preview-request.ts'

export interface PreviewLimits {
  readonly timeoutMs: number
  /** Heap of the child, in MB. */
  readonly memoryMb: number
}

export const PREVIEW_LIMITS: PreviewLimits = { timeoutMs: 10_000, memoryMb: 128 }

const CHILD = fileURLToPath(new URL('./preview-child.ts', import.meta.url))
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024

/** Never throws for what the child does: a child that had to be stopped is a failed preview that says why. */
export function runPreview(
  request: PreviewRequest,
  { timeoutMs, memoryMb }: PreviewLimits,
  clock: Clock,
): Promise<PreviewResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        `--max-old-space-size=${memoryMb}`,
        '--permission',
        '--allow-fs-read=*',
        '--disable-warning=SecurityWarning',
        CHILD,
      ],
      { env: {}, stdio: ['pipe', 'pipe', 'pipe'] },
    )
    let stopped: string | undefined
    const stop = (words: string): void => {
      stopped ??= words
      child.kill('SIGKILL')
    }
    const timer = clock.after(timeoutMs, () =>
      stop(`The preview took longer than ${timeoutMs} ms and was stopped.`),
    )
    const out = collect(child.stdout, () => stop('The output is larger than 16 MB; the preview was stopped.'))
    const err = collect(child.stderr, () => undefined)
    // A child that is gone before it read everything says so by its exit.
    child.stdin.on('error', () => undefined)
    child.stdin.end(JSON.stringify(request))
    child.on('error', reject)
    child.on('close', (code) => {
      timer.cancel()
      if (stopped !== undefined) resolve({ kind: 'failed', words: stopped })
      else if (code === 0) resolve(JSON.parse(out()) as PreviewResult)
      else if (/heap out of memory|allocation failed/i.test(err()))
        resolve({ kind: 'failed', words: `The preview needed more than ${memoryMb} MB and was stopped.` })
      else resolve({ kind: 'failed', words: `The preview ended unexpectedly: ${lastLine(err())}` })
    })
  })
}

function collect(stream: NodeJS.ReadableStream, overflow: () => void): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MOST_OUTPUT_BYTES) overflow()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
