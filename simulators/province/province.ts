/** The whole simulated province: every system of the topology behind one HTTP server, each speaking to the hub as itself. */
import type { Agent } from 'node:http'
import type { Visit } from '../acceptance/application.ts'
import { type InboxReader, readInbox } from '../acceptance/inbox-reader.ts'
import { ReceivingWindow, type WindowCase } from '../acceptance/window.ts'
import { backOffice } from '../department/back-office.ts'
import type { Deployment, SimulatedSystem } from '../deployment.ts'
import { type Fault, Faults } from '../faults.ts'
import { partnerFormat } from '../formats/formats.ts'
import type { Office } from '../formats/letter.ts'
import { Ledger } from '../ledger.ts'
import { Outbox } from '../outbox.ts'
import { Party, type Refusal } from '../party.ts'
import { Plans } from '../plan.ts'
import { seededChance, type Time, trueRandomBytes } from '../time.ts'
import { type HubClient, openConnections, openHubClient } from '../wire/hub-client.ts'
import { openServer, type WireHandler } from '../wire/server.ts'
import { hubHmacCheck, nationalGatewayCheck, type SignatureCheck } from '../wire/signature-check.ts'

export interface ProvinceOptions {
  readonly deployment: Deployment
  /** Secrets by name; every name of the deployment must be there. */
  readonly secrets: ReadonlyMap<string, string>
  /** Asked on every request, so that a hub may come back elsewhere. */
  readonly hubAddress: () => string
  /** 0 takes a free one. */
  readonly port: number
  readonly time: Time
  /** Decides how long officials think. Nonces and secrets are never drawn from it. */
  readonly seed: number
  readonly pace: { readonly leastMs: number; readonly mostMs: number }
  /** Trouble by system id. */
  readonly faults?: Readonly<Record<string, readonly Fault[]>>
}

export interface Province {
  readonly address: string
  readonly deployment: Deployment
  readonly ledger: Ledger
  /** Where the hub said no to what a simulator had to say. */
  readonly refusals: readonly Refusal[]
  /** What simulators could not read, believe or do. */
  readonly troubles: readonly { readonly system: string; readonly error: unknown }[]
  /** A visit at the window of `region`. Resolves when the hub has taken the case; see `ReceivingWindow.receive`. */
  receive(region: string, visit: Visit): Promise<WindowCase>
  /** Starts collecting for the systems that have no address. Called once, when the hub listens. */
  collect(): void
  /** The system's own signed way to the hub. */
  clientOf(system: string): HubClient
  /** Stops every simulator and closes the server. Safe twice. */
  close(): Promise<void>
}

/** Connections to the hub: enough for every long poll and a busy crowd beside. */
const CONNECTIONS = 64

export async function openProvince(options: ProvinceOptions): Promise<Province> {
  const { deployment, time } = options
  const agent = openConnections(CONNECTIONS)
  const ledger = new Ledger()
  const plans = new Plans()
  const refusals: Refusal[] = []
  const troubles: { system: string; error: unknown }[] = []
  const onTrouble = (system: string, error: unknown): void => {
    troubles.push({ system, error })
  }
  const doors = new Map<string, WireHandler>()
  const windows = new Map<string, ReceivingWindow>()
  const clients = new Map<string, HubClient>()
  const outboxes: Outbox[] = []
  const collectors: (() => InboxReader)[] = []
  const readers: InboxReader[] = []

  for (const [index, system] of [...deployment.systems.values()].entries()) {
    const client = clientFor(system, options, agent)
    const chance = seededChance(options.seed + index)
    const outbox = new Outbox(client, time, chance)
    const party = new Party({
      system,
      format: partnerFormat(system.format),
      outbox,
      ledger,
      faults: new Faults(options.faults?.[system.id]),
      time,
      check: checkFor(system, options.secrets),
      onRefusal: (refusal) => refusals.push(refusal),
      onTrouble,
    })
    const common = { party, deployment, plans, onTrouble }
    const office = officeOf(system)
    if (system.role !== 'notice') party.seat(backOffice({ ...common, chance, office, pace: options.pace }))
    if (system.role === 'acceptance') {
      const hall = { id: `DT${system.region}`, name: `${nameOf(deployment, system.region)}政务服务大厅` }
      windows.set(
        system.region,
        new ReceivingWindow({ ...common, hall, clerk: { id: `CK${system.region}01`, name: '窗口测试员' } }),
      )
    }
    if (system.door === undefined) collectors.push(() => readInbox(party, client, onTrouble))
    else doors.set(system.door.prefix, party.door)
    outboxes.push(outbox)
    clients.set(system.id, client)
  }

  const server = await openServer({ port: options.port, handlers: doors, onTrouble })
  return {
    address: server.address,
    deployment,
    ledger,
    refusals,
    troubles,
    receive: async (region, visit) => {
      const window = windows.get(region)
      if (window === undefined) throw new Error(`There is no window in region ${region}.`)
      return window.receive(visit)
    },
    collect: () => {
      readers.push(...collectors.splice(0).map((start) => start()))
    },
    clientOf: (system) => {
      const client = clients.get(system)
      if (client === undefined) throw new Error(`There is no system ${system}.`)
      return client
    },
    close: async () => {
      for (const reader of readers) reader.stop()
      for (const outbox of outboxes) outbox.stop()
      await server.close()
      agent.destroy()
    },
  }
}

function clientFor(
  { key }: SimulatedSystem,
  { secrets, hubAddress, time }: ProvinceOptions,
  agent: Agent,
): HubClient {
  return openHubClient({
    address: hubAddress,
    key: { id: key.id, algorithm: key.algorithm, secret: secretOf(secrets, key.secretName) },
    agent,
    now: () => time.now(),
    randomBytes: trueRandomBytes,
  })
}

function checkFor(
  { door }: SimulatedSystem,
  secrets: ReadonlyMap<string, string>,
): SignatureCheck | undefined {
  switch (door?.signing.scheme) {
    case 'hub-hmac': {
      const { keyId, algorithm, secretName } = door.signing
      return hubHmacCheck({ id: keyId, algorithm, secret: secretOf(secrets, secretName) })
    }
    case 'national-gateway':
      return nationalGatewayCheck(door.signing.sid, secretOf(secrets, door.signing.secretName))
    default:
      return undefined
  }
}

function secretOf(secrets: ReadonlyMap<string, string>, name: string): string {
  const secret = secrets.get(name)
  if (secret === undefined) throw new Error(`The secret ${name} is missing.`)
  return secret
}

function nameOf({ regionNames }: Deployment, region: string): string {
  return regionNames.get(region)?.zh ?? region
}

/** Housing is named in the annex; for the others a name that follows from the system's serves. */
function officeOf({ id, name, region }: SimulatedSystem): Office {
  const department = name.zh.replace(/统一受理系统$|业务系统$/, '')
  const org =
    id === 'housing-registration'
      ? { code: '114100000000090136', name: '河南省住房和城乡建设厅' }
      : {
          code: `ZJ${region}`,
          name:
            department.endsWith('局') || department.endsWith('厅')
              ? department
              : `${department}住房和城乡建设局`,
        }
  return { org, clerk: { id: `JB${region}01`, name: '李测试' } }
}
