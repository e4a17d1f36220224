/** Files in a folder, of this machine or of an SFTP server: written for a receiver that reads it, or read as a sender drops them. */
import type { AdapterKind, LinkServices } from '../../hub/contract/adapter.ts'
import type { ListenServices } from '../../hub/contract/listener.ts'
import { defaultsOf } from '../shared/options.ts'
import configSchema from './config.schema.json' with { type: 'json' }
import { FileListener } from './inbound/listener.ts'
import type { FileListenConfig, FileListenSettings } from './inbound/settings.ts'
import { type FileConfig, FileLink, type LinkSettings } from './link.ts'
import listenSchema from './listen.schema.json' with { type: 'json' }
import { openPlace } from './place/open-place.ts'

export const file = {
  name: 'file',
  summary:
    'Writes each message as a file into a folder, local or SFTP; takes in the files that a sender drops into one.',
  configSchema,
  // A reader sees what stands there, in whatever order it likes; names can carry the order.
  traits: { ordered: false, queryable: true, attachments: true },
  open: async (config: FileConfig, services: LinkServices) =>
    new FileLink(
      { ...defaultsOf(configSchema.properties), ...config } as LinkSettings,
      openPlace(config.place, services),
      services,
    ),
  listenSchema,
  listen: async (config: FileListenConfig, services: ListenServices) =>
    new FileListener(
      openPlace(config.place, services),
      { ...defaultsOf(listenSchema.properties), ...config } as FileListenSettings,
      services,
    ),
} satisfies AdapterKind<FileConfig, FileListenConfig>
