/**
 * The partner's interface as its WSDL describes it, and envelopes made for it. The only file that knows the client of the
 * soap package.
 *
 * The package reads the WSDL, finds the operation and its action, and makes the envelope. It does not touch the network
 * (every request goes through `exchange`), and it never sees an answer: it would make objects of it without a limit, read
 * texts that look like XML as XML, and lose digits where the schema says number.
 */
import { isAbsolute } from 'node:path'
import { type Client, createClientAsync, type IHttpClient } from 'soap'
import { FileRefused, isWithin, localFile, realFolder } from '../local-file.ts'
import type { SoapVersion } from '../message/envelope.ts'

export interface Request {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly envelope: string
}

export interface Operation {
  readonly name: string
  /** What the body has to hold; absent where the WSDL does not say. */
  readonly input?: OperationElement
  /** No answer is described: the partner only says that it got it. */
  readonly oneWay: boolean
  /** `body` is XML without a declaration; `header` makes the header blocks, given the action that the WSDL names. */
  request(content: { readonly header: (action: string) => string; readonly body: string }): Promise<Request>
}

export interface OperationElement {
  readonly namespace: string
  readonly local: string
  /** The elements in it are in its namespace as well (elementFormDefault of its schema); else they are in none. */
  readonly qualified: boolean
  /** The namespace is likely but not known: style rpc may give another one to the body. */
  readonly assumed: boolean
}

export interface PartnerInterface {
  readonly operations: ReadonlyMap<string, Operation>
}

export interface InterfaceOptions {
  readonly folder: string
  /** Below `folder`. */
  readonly file: string
  readonly port: string | undefined
  readonly version: SoapVersion
  readonly address: string
}

/** The WSDL cannot be used; says why. */
export class InterfaceRefused extends Error {}

/** @throws InterfaceRefused, FileRefused */
export async function readInterface(options: InterfaceOptions): Promise<PartnerInterface> {
  const folder = realFolder(options.folder)
  const file = localFile(folder, options.file)
  const client = await createClientAsync(file, {
    // The package's cache is shared, and its clients change what is in it.
    disableCache: true,
    endpoint: options.address,
    forceSoap12Headers: options.version === '1.2',
    httpClient: transport,
    wsdl_options: { overrideImportLocation: (path: string) => importedFile(folder, path) },
  }).catch((error: unknown) => {
    if (error instanceof FileRefused) throw error
    throw new InterfaceRefused(`the WSDL cannot be read: ${wordsOf(error)}`)
  })
  // The package calls the function for every message.
  client.addSoapHeader((_method: unknown, _location: unknown, action: string, content: Content) =>
    content.hubHeader(action),
  )
  return { operations: operationsOf(client, options.port) }
}

/** The part of the package's arguments that is ours. */
interface Content {
  /** Taken as the body as it stands. */
  readonly _xml: string
  readonly hubHeader: (action: string) => string
}

interface Handing {
  hand(request: Request): void
}

/** Hands the finished request over instead of sending it, and calls nobody back: the package's part ends here. */
const transport = {
  request(
    _url: string,
    envelope: string,
    _callback: unknown,
    headers: Record<string, string>,
    handing: Handing,
  ) {
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])
    handing.hand({ headers: Object.fromEntries(lower), envelope })
  },
} as unknown as IHttpClient

type Schemas = Readonly<Record<string, { readonly $elementFormDefault?: string }>>

interface Definitions {
  readonly services?: object
  readonly schemas?: Schemas
  readonly $targetNamespace?: string
}

interface Binding {
  readonly style?: string
  readonly methods: Readonly<Record<string, Method>>
}

interface Method {
  style?: string
  readonly input?: { readonly $name?: string; readonly targetNamespace?: string }
  readonly output?: object
}

function inputOf({ input = {} }: Method, schemas: Schemas = {}): OperationElement | undefined {
  const { $name: local, targetNamespace: namespace } = input
  if (local === undefined || namespace === undefined) return undefined
  return {
    local,
    namespace,
    qualified: schemas[namespace]?.$elementFormDefault === 'qualified',
    assumed: false,
  }
}

type Call = (content: Content, callback: () => void, options: Handing) => void

function operationsOf(client: Client, wanted: string | undefined): ReadonlyMap<string, Operation> {
  const { definitions } = (client as unknown as { wsdl: { definitions: Definitions } }).wsdl
  const { services, schemas, $targetNamespace: targetNamespace = '' } = definitions
  const ports = Object.entries(services ?? {}).flatMap(([service, { ports }]) =>
    Object.entries(ports as Readonly<Record<string, { readonly binding: Binding }>>).map(
      ([port, { binding }]) => ({ service, port, binding }),
    ),
  )
  const chosen = wanted === undefined ? ports[0] : ports.find(({ port }) => port === wanted)
  if (chosen === undefined) {
    const known = ports.map(({ port }) => port).join(', ')
    throw new InterfaceRefused(
      wanted === undefined
        ? 'the WSDL describes no port'
        : `the WSDL has no port ${wanted}; it has ${known || 'none'}`,
    )
  }
  const calls = (client as unknown as Record<string, Record<string, Record<string, Call>>>)[chosen.service]?.[
    chosen.port
  ]
  const operations = new Map<string, Operation>()
  for (const [name, method] of Object.entries(chosen.binding.methods)) {
    const call = calls?.[name]
    if (call === undefined) continue
    const rpc = (method.style ?? chosen.binding.style) === 'rpc'
    // On the wire rpc differs in nothing but the element's name, which is the operation's: the format writes the parts in it.
    // Left alone, the package would write them itself.
    if (rpc) method.style = 'document'
    const element = rpc
      ? { local: name, namespace: targetNamespace, qualified: false, assumed: true }
      : inputOf(method, schemas)
    operations.set(name, {
      name,
      ...(element === undefined ? {} : { input: element }),
      oneWay: method.output === undefined,
      request: ({ header, body }) =>
        new Promise((hand) => call({ _xml: body, hubHeader: header }, () => {}, { hand })),
    })
  }
  if (operations.size === 0) throw new InterfaceRefused(`port ${chosen.port} of the WSDL has no operation`)
  return operations
}

/** Where an import of the WSDL lies. @throws FileRefused where that is outside the folder: nothing is fetched */
function importedFile(folder: string, path: string): string {
  if (!isAbsolute(path) || !isWithin(folder, path))
    throw new FileRefused(
      `the WSDL imports ${path}, which is outside the folder; put a copy beside it and import that`,
    )
  return localFile(folder, path)
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
