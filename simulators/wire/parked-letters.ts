/** What the hub moved aside because it could not take it (`<queue>.parked`), read by the sender, who leaves it there. */
import type { ChannelModel } from 'amqplib'

export interface ParkedLetters {
  /** Why the hub refused the message; undefined where it has not. */
  wordsFor(messageId: string): Promise<string | undefined>
}

/** The queue is the hub's: until the hub has declared it, nothing is parked. */
export function parkedLetters(model: ChannelModel, queue: string): ParkedLetters {
  const words = new Map<string, string>()
  let reading: Promise<boolean> | undefined

  const read = async (): Promise<boolean> => {
    const channel = await model.createChannel()
    channel.on('error', () => undefined)
    // Also where the queue is not there: asking for it closes the channel.
    channel.once('close', () => {
      reading = undefined
    })
    await channel.checkQueue(queue)
    // Never acknowledged, so that the operator finds everything in the queue when this connection has gone.
    await channel.consume(queue, (message) => {
      if (message === null) return
      const { messageId, headers = {} } = message.properties
      words.set(String(messageId), `${headers['x-hub-code']}: ${headers['x-hub-reason']}`)
    })
    return true
  }

  return {
    wordsFor: async (messageId) => {
      reading ??= read().catch(() => false)
      await reading
      return words.get(messageId)
    },
  }
}
