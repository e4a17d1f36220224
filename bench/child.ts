/** A part of a bench in a process of its own: started with a question, answers messages, ended by its parent. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface Child {
  readonly pid: number
  /** Sends one question and resolves with its answer; one at a time. Rejects where the child ends first. */
  ask<Answer>(question: object): Promise<Answer>
  /** Safe twice. */
  stop(): Promise<void>
}

/** @param file beside this one, such as `intake/floor.ts` */
export function startChild(file: string): Child {
  const child = fork(join(import.meta.dirname, file), { stdio: ['ignore', 2, 2, 'ipc'] })
  const gone = once(child, 'exit')
  return {
    pid: child.pid as number,
    ask: (question) => ask(child, gone, question),
    stop: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** The other end: answers every question with what `respond` resolves to. A throw ends the process. */
export function answerParent(respond: (question: never) => Promise<object>): void {
  process.on('message', (question) => {
    respond(question as never).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
}

async function ask<Answer>(child: ChildProcess, gone: Promise<unknown>, question: object): Promise<Answer> {
  const answer = once(child, 'message')
  child.send(question)
  const first = await Promise.race([answer, gone.then(() => undefined)])
  if (first === undefined) throw new Error('A part of the bench ended; its words are above.')
  return first[0] as Answer
}
