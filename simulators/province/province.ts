/** The whole simulated province: every system of the topology, each speaking to the hub as itself and over its own wire. */
import type { Agent } from 'node:http'
import type { Visit } from '../acceptance/application.ts'
import { type InboxReader, readInbox } from '../acceptance/inbox-reader.ts'
import { ReceivingWindow, type WindowCase } from '../acceptance/window.ts'
import { backOffice } from '../department/back-office.ts'
import type { Deployment, SimulatedSystem, WireConfig } from '../deployment.ts'
import { type Fault, Faults } from '../faults.ts'
import { partnerFormat } from '../formats/formats.ts'
import type { Office } from '../formats/letter.ts'
import { Ledger } from '../ledger.ts'
import { Outbox } from '../outbox.ts'
import { Party, type Refusal } from '../party.ts'
import { type Environment, filled } from '../placeholders.ts'
import { Plans } from '../plan.ts'
import { type Chance, seededChance, type Time, trueRandomBytes } from '../time.ts'
import { clearAmqpStream } from '../wire/amqp.ts'
import { frontDoor } from '../wire/front-door.ts'
import { type Grounds, openGrounds } from '../wire/grounds.ts'
import { type HubClient, openConnections, openHubClient } from '../wire/hub-client.ts'
import { collectsFromInbox, openWires } from '../wire/open-wires.ts'
import { openServer, type WireHandler } from '../wire/server.ts'
import type { Carrier, Wire } from '../wire/wire.ts'

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
  /** Marks what this province makes on brokers and databases. Lower-case letters and digits; absent: drawn. */
  readonly scope?: string
  /** Where files lie that are exchanged by SFTP; absent: a temporary folder. */
  readonly exchangeFolder?: string
  /** Addresses of brokers and databases are in it. Absent: that of this process. */
  readonly environment?: Environment
}

export interface Province {
  readonly address: string
  /** What a hub must find in its environment, besides SIMULATORS_URL, to meet the systems. */
  readonly environment: Readonly<Record<string, string>>
  readonly deployment: Deployment
  readonly ledger: Ledger
  /** Where the hub said no to what a simulator had to say. */
  readonly refusals: readonly Refusal[]
  /** What simulators could not read, believe or do. */
  readonly troubles: readonly { readonly system: string; readonly error: unknown }[]
  /** A visit at the window of `region`. Resolves when the hub has taken the case; see `ReceivingWindow.receive`. */
  receive(region: string, visit: Visit): Promise<WindowCase>
  /** Starts collecting for the systems that are not called. Called once, when the hub listens. */
  collect(): void
  /** Cases in which somebody has a letter to the hub under way. */
  underWay(): number
  /** The system's own signed way to the hub. */
  clientOf(system: string): HubClient
  /** Stops every simulator and closes the servers. Safe twice. */
  close(): Promise<void>
  /** Removes what was made on brokers and databases. Called once, when the hub has stopped too. */
  clear(): Promise<void>
}

/** Connections to the hub: enough for every long poll and a busy crowd beside. */
const CONNECTIONS = 64

/** @throws Error where a broker or database of the environment cannot be used */
export async function openProvince(options: ProvinceOptions): Promise<Province> {
  const { deployment, time } = options
  const environment = options.environment ?? process.env
  const agent = openConnections(CONNECTIONS)
  const ledger = new Ledger()
  const plans = new Plans()
  const refusals: Refusal[] = []
  const troubles: { system: string; error: unknown }[] = []
  const onTrouble = (system: string, error: unknown): void => {
    troubles.push({ system, error })
  }
  const grounds = openGrounds({
    scope: options.scope ?? trueRandomBytes(5).toString('hex'),
    folder: options.exchangeFolder,
    environment,
  })
  const doors = new Map<string, WireHandler>()
  const windows = new Map<string, ReceivingWindow>()
  const clients = new Map<string, HubClient>()
  const outboxes: Outbox[] = []
  const wires: Wire[] = []
  const collectors: (() => InboxReader)[] = []
  const readers: InboxReader[] = []
  const closeAll = async (): Promise<void> => {
    for (const reader of readers) reader.stop()
    for (const outbox of outboxes) outbox.stop()
    for (const wire of wires) await wire.close?.()
    await grounds.close()
    agent.destroy()
  }

  /** One system with its desks and wires. */
  const settle = async (system: SimulatedSystem, chance: Chance): Promise<void> => {
    const client = clientFor(system, options, agent)
    let carrier: Carrier = frontDoor(client)
    const carry: Carrier['carry'] = (sending, signal) => carrier.carry(sending, signal)
    const outbox = new Outbox({ carry }, time, chance)
    const format = partnerFormat(system.format)
    const party = new Party({
      system,
      format,
      outbox,
      ledger,
      faults: new Faults(options.faults?.[system.id]),
      time,
      onRefusal: (refusal) => refusals.push(refusal),
      onTrouble,
    })
    seat(party, chance)
    outboxes.push(outbox)
    clients.set(system.id, client)
    if (collectsFromInbox(system)) collectors.push(() => readInbox(party, client, onTrouble))
    const parts = {
      party,
      system,
      format,
      ...waysOf(system, environment, grounds),
      client,
      hubAddress: options.hubAddress,
      secret: (name: string) => secretOf(options.secrets, name),
      environment,
      grounds,
      time,
      onTrouble,
    }
    for (const wire of await openWires(parts)) {
      wires.push(wire)
      if (wire.door !== undefined) doors.set(wire.door.prefix, wire.door.handler)
      carrier = wire.carrier ?? carrier
    }
  }

  const seat = (party: Party, chance: Chance): void => {
    const { system } = party
    const common = { party, deployment, plans, onTrouble }
    const office = officeOf(system)
    if (system.role !== 'notice') party.seat(backOffice({ ...common, chance, office, pace: options.pace }))
    if (system.role !== 'acceptance') return
    const hall = { id: `DT${system.region}`, name: `${nameOf(deployment, system.region)}政务服务大厅` }
    windows.set(
      system.region,
      new ReceivingWindow({ ...common, hall, clerk: { id: `CK${system.region}01`, name: '窗口测试员' } }),
    )
  }

  const open = async () => {
    for (const [index, system] of [...deployment.systems.values()].entries())
      await settle(system, seededChance(options.seed + index))
    return await openServer({ port: options.port, handlers: doors, onTrouble })
  }
  const server = await open().catch(async (error: unknown) => {
    await closeAll()
    throw error
  })
  return {
    address: server.address,
    environment: grounds.environment,
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
      for (const wire of wires) wire.collect?.()
    },
    underWay: () => outboxes.reduce((sum, outbox) => sum + outbox.underWay, 0),
    clientOf: (system) => {
      const client = clients.get(system)
      if (client === undefined) throw new Error(`There is no system ${system}.`)
      return client
    },
    close: async () => {
      await closeAll()
      await server.close()
    },
    clear: async () => {
      for (const wire of wires) await wire.clear?.()
      const known = { ...environment, ...grounds.environment }
      for (const stream of deployment.streams.filter(({ adapter }) => adapter === 'amqp'))
        await clearAmqpStream(filled(stream, known) as WireConfig, { environment, grounds })
      await grounds.clear()
    },
  }
}

/** The ways of a system as the hub will see them; where the simulators' own server is stays open until it listens. */
function waysOf(system: SimulatedSystem, environment: Environment, grounds: Grounds) {
  const known = { ...environment, ...grounds.environment }
  return filled({ outbound: system.outbound, inbound: system.inbound }, known, ['SIMULATORS_URL']) as Pick<
    SimulatedSystem,
    'outbound' | 'inbound'
  >
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
