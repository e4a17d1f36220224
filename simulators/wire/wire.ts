/** How one system and the hub reach each other. A file of this folder for each kind that the topology may name. */
import type { SimulatedSystem, WireConfig } from '../deployment.ts'
import type { PartnerFormat } from '../formats/partner-format.ts'
import type { Sending } from '../outbox.ts'
import type { Party } from '../party.ts'
import type { Environment } from '../placeholders.ts'
import type { Time } from '../time.ts'
import type { Grounds } from './grounds.ts'
import type { HubAnswer, HubClient } from './hub-client.ts'
import type { WireHandler } from './server.ts'

/** Carries letters to the hub. */
export interface Carrier {
  /**
   * One try. Answers the hub's word, be it yes or no.
   * @throws HubUnreachable where the hub has said nothing: the letter is to be carried again
   */
  carry(sending: Sending, signal: AbortSignal): Promise<HubAnswer>
}

export interface WireParts {
  readonly party: Party
  readonly system: SimulatedSystem
  readonly format: PartnerFormat
  /** As in `system`, placeholders filled in; but for that of the simulators' own address. */
  readonly outbound: WireConfig | undefined
  readonly inbound: readonly WireConfig[]
  /** The system's own signed way to the front door. */
  readonly client: HubClient
  /** Read on every call: a hub that was started anew may listen elsewhere. */
  readonly hubAddress: () => string
  readonly secret: (name: string) => string
  readonly environment: Environment
  readonly grounds: Grounds
  readonly time: Time
  /** Something came that this system cannot read or believe. */
  readonly onTrouble: (system: string, error: unknown) => void
}

/** One way in or out of a system. What its kind has no use for is absent. */
export interface Wire {
  /** Answers requests whose path begins with this. */
  readonly door?: { readonly prefix: string; readonly handler: WireHandler }
  readonly carrier?: Carrier
  /** Begins to take what the hub sends. Called once, when the hub listens. */
  collect?(): void
  /** Takes nothing more. Safe twice. */
  close?(): Promise<void>
  /** Removes what it made on machines of others. Called once, when the hub has stopped. */
  clear?(): Promise<void>
}
