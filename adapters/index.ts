/** The adapter kinds of this build: the whole registry. */
import type { AdapterKind } from '../hub/contract/adapter.ts'
import { amqp } from './amqp/amqp.ts'
import { file } from './file/file.ts'
import { mailbox } from './mailbox/mailbox.ts'
import { rest } from './rest/rest.ts'
import { soap } from './soap/soap.ts'
import { table } from './table/table.ts'

// A kind's config has been checked against its own schema before `open` sees it, so the list may forget the type.
export const adapterKinds: readonly AdapterKind[] = [
  rest as AdapterKind,
  amqp as AdapterKind,
  soap as AdapterKind,
  file as AdapterKind,
  mailbox,
  table as AdapterKind,
]
