/**
 * Each signed request counts once, on whichever node it is repeated. What brings a message is remembered in the
 * transaction that writes the message, so that nothing is added to the cost of a commit; everything else is
 * remembered on its own, on disk before it is answered.
 */
import { StoreError } from '../contract/errors.ts'
import type { NonceUse, Store } from '../contract/store.ts'
import { authFailed } from './signature.ts'

export interface NonceGuard {
  /** Uses the nonce up, on disk when it resolves. @throws IntakeError AUTH_FAILED where it was used before; StoreError */
  spend(use: NonceUse): Promise<void>
  /**
   * Lets `work` write the nonce with what it writes. Where it wrote nothing, because it answered so or threw, the nonce is
   * used up on its own, and only then does anybody hear of it: a repetition learns nothing but that it is one. Where the
   * store broke off (`StoreError`) nobody knows whether it wrote; the nonce is left to it, and so is a repetition.
   * @throws IntakeError AUTH_FAILED where the nonce was used before, or is by a request under way; what `work` throws
   */
  spendWith<T extends { readonly wrote: boolean }>(use: NonceUse, work: () => Promise<T>): Promise<T>
}

export function makeNonceGuard(store: Pick<Store, 'nonceRemember'>): NonceGuard {
  /** Of requests that are worked on in this process: a repetition must not use up what is about to be written. */
  const underWay = new Set<string>()

  const spend = async (use: NonceUse): Promise<void> => {
    if (underWay.has(nameOf(use)) || !(await store.nonceRemember(use))) throw nonceUsed()
  }

  return {
    spend,
    async spendWith(use, work) {
      const name = nameOf(use)
      if (underWay.has(name)) throw nonceUsed()
      underWay.add(name)
      try {
        const answer = await work().catch(async (error: unknown) => {
          if (!(error instanceof StoreError)) await rememberFor(use)
          throw error
        })
        if (!answer.wrote) await rememberFor(use)
        return answer
      } finally {
        underWay.delete(name)
      }
    },
  }

  async function rememberFor(use: NonceUse): Promise<void> {
    if (!(await store.nonceRemember(use))) throw nonceUsed()
  }
}

function nonceUsed() {
  return authFailed('nonce used before')
}

/** Neither contains a space. */
function nameOf({ keyId, nonce }: NonceUse): string {
  return `${keyId} ${nonce}`
}
