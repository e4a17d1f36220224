import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { gzipSync } from 'node:zlib'
import { envelope, NAMESPACES, type Posted, post, submit, token } from '../sender-bench.ts'

/** What an answer must never show: where the hub's files are, and how it is built. */
const INSIDE = /node_modules| at (?!this address)|\/work|file:|\.ts\b|\.js\b/

const KNOWN = '<w:askBack>x</w:askBack>'

function raw(body: string, version: '1.1' | '1.2' = '1.1'): string {
  return `<e:Envelope xmlns:e="${NAMESPACES[version]}"><e:Body>${body}</e:Body></e:Envelope>`
}

describe('soap listener under attack', () => {
  let child: ChildProcess
  let address: string

  before(async function () {
    this.timeout(60_000)
    child = fork(new URL('../testing/listener-process.ts', import.meta.url), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    address = `http://127.0.0.1:${port}/soap/city-411300`
    // What comes with the first requests in any case: code that is compiled, pools that grow.
    for (let count = 0; count < 30; count++)
      await post(address, envelope(submit('x'.repeat(100_000), 'text/plain')))
    await post(address, envelope(submit('测'.repeat(1_500_000), 'text/plain')))
  })

  after(async () => {
    const gone = once(child, 'exit')
    child.disconnect()
    await gone
  })

  async function look(): Promise<{ peakKiB: number; handedOver: number }> {
    child.send('look')
    const [seen] = (await once(child, 'message')) as [{ peakKiB: number; handedOver: number }]
    return seen
  }

  /** Nothing is handed over, peak memory grows by less than `mebibytes`, and the next call is taken. */
  async function bounded(mebibytes: number, attack: () => Promise<unknown>): Promise<void> {
    const before = await look()
    await attack()
    const after = await look()
    assert.equal(after.handedOver, before.handedOver, 'something was handed over')
    const grown = (after.peakKiB - before.peakKiB) / 1024
    assert.ok(grown < mebibytes, `peak memory grew by ${grown} MiB`)
    assert.equal((await post(address, envelope(KNOWN))).status, 200)
  }

  function assertFault({ status, headers, text }: Posted, code: RegExp, statuses = [500]): void {
    assert.ok(statuses.includes(status), `HTTP ${status}: ${text.slice(0, 300)}`)
    assert.match(String(headers['content-type']), /^(text\/xml|application\/soap\+xml); charset=utf-8$/)
    assert.match(text, code)
    assert.match(text, /<soap:Fault>/)
    assert.doesNotMatch(text, INSIDE)
  }

  /** Sends `total` bytes in pieces, as long as the other side reads; `announced` as Content-Length, else chunked. */
  function pour(total: number, announced: boolean): Promise<Posted> {
    return new Promise((resolve, reject) => {
      const request = http.request(address, {
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'text/xml', ...(announced ? { 'content-length': total } : {}) },
      })
      const piece = Buffer.alloc(262_144, 'x')
      let left = total
      let stopped = false
      const write = (): void => {
        while (!stopped && left > 0) {
          left -= piece.length
          if (!request.write(piece)) return void request.once('drain', write)
        }
        if (!stopped) request.end()
      }
      request.on('error', (error) => (stopped ? undefined : reject(error)))
      request.on('response', (response) => {
        stopped = true
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        const done = (): void => {
          request.destroy()
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          })
        }
        response.on('end', done).on('error', done)
      })
      write()
    })
  }

  for (const announced of [true, false])
    it(`answers 413 to 200 MB, ${announced ? 'announced' : 'chunked'}`, async function () {
      this.timeout(60_000)
      await bounded(64, async () => {
        assertFault(await pour(200_000_000, announced), /REQUEST_TOO_LARGE/, [413])
      })
    })

  it('answers 413 to twenty of them at once', async function () {
    this.timeout(60_000)
    await bounded(256, async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => pour(50_000_000, false)))
      for (const answer of answers) assertFault(answer, /REQUEST_TOO_LARGE/, [413])
    })
  })

  it('does not inflate: 200 MB in 194 kB', async function () {
    this.timeout(60_000)
    const bomb = gzipSync(Buffer.concat([Buffer.from('<a>'), Buffer.alloc(200_000_000, ' ')]))
    await bounded(64, async () => {
      for (const coding of ['gzip', 'GZIP', 'deflate', 'x-gzip', 'gzip, gzip', 'br'])
        assertFault(
          await post(address, bomb, { headers: { 'content-encoding': coding } }),
          /REQUEST_MEDIA_TYPE/,
          [415],
        )
      assertFault(await post(address, bomb), /REQUEST_CHARSET/)
    })
  })

  const bodies: readonly (readonly [title: string, body: () => string, code: RegExp])[] = [
    [
      '50,000 elements within each other',
      () => envelope('<a>'.repeat(50_000) + '</a>'.repeat(50_000)),
      /REQUEST_TOO_DEEP/,
    ],
    [
      '100,000 attributes',
      () => envelope(`<a ${Array.from({ length: 100_000 }, (_, index) => `a${index}=""`).join(' ')}/>`),
      /REQUEST_TOO_DEEP/,
    ],
    [
      '100,000 namespaces',
      () =>
        envelope(`<a ${Array.from({ length: 100_000 }, (_, index) => `xmlns:a${index}="u"`).join(' ')}/>`),
      /REQUEST_TOO_DEEP/,
    ],
    ['1,000,000 elements', () => envelope('<a/>'.repeat(1_000_000)), /REQUEST_TOO_DEEP/],
    ['an endless name', () => raw(`<${'a'.repeat(4_000_000)}`), /REQUEST_NOT_XML/],
    ['an endless value', () => raw(`<a b="${'a'.repeat(4_000_000)}`), /REQUEST_NOT_XML/],
    ['1,000,000 references', () => raw(`<a>${'&#65;'.repeat(800_000)}`), /REQUEST_NOT_XML/],
    ['a DOCTYPE', () => `<!DOCTYPE foo>${envelope(KNOWN)}`, /REQUEST_NOT_XML/],
    [
      'an external entity',
      () =>
        `<!DOCTYPE foo [<!ENTITY x SYSTEM "file:///etc/passwd">]>${envelope('<w:askBack>&x;</w:askBack>')}`,
      /REQUEST_NOT_XML/,
    ],
    [
      'a billion laughs',
      () =>
        `<!DOCTYPE l [<!ENTITY a "ha">${Array.from({ length: 9 }, (_, index) => `<!ENTITY ${'bcdefghij'[index]} "${`&${'abcdefghi'[index]};`.repeat(10)}">`).join('')}]>${envelope('<w:askBack>&j;</w:askBack>')}`,
      /REQUEST_NOT_XML/,
    ],
    [
      'a DOCTYPE hidden behind a comment',
      () => `<!-- x --><!DOCTYPE foo>${envelope(KNOWN)}`,
      /REQUEST_NOT_XML/,
    ],
    ['an unknown root', () => '<Zzz/>', /REQUEST_NOT_XML/],
    ['the root __proto__', () => '<__proto__/>', /REQUEST_NOT_XML/],
    ['the root constructor', () => '<constructor/>', /REQUEST_NOT_XML/],
    ['__proto__ in the body', () => envelope('<__proto__/>'), /REQUEST_PARAMETER/],
    [
      'constructor in the body',
      () => envelope('<constructor><prototype/></constructor>'),
      /REQUEST_PARAMETER/,
    ],
    ['toString of a partner’s namespace', () => envelope('<w:toString/>'), /REQUEST_PARAMETER/],
    ['href to itself', () => envelope('<a id="1" href="#1"><b href="#1"/></a>'), /REQUEST_PARAMETER/],
  ]
  for (const [title, body, code] of bodies) {
    it(`answers a Fault to ${title}`, async function () {
      this.timeout(60_000)
      await bounded(200, async () => assertFault(await post(address, body()), code))
    })
  }

  const good = envelope(KNOWN)
  const malformed: readonly (readonly [title: string, text: string | Uint8Array])[] = [
    ['nothing', ''],
    ['a space', ' '],
    ['NUL bytes', '\0\0\0\0'],
    ['JSON', '{"Envelope":{}}'],
    ['a form', 'a=1&b=2'],
    ['half of it', good.slice(0, good.length / 2)],
    ['all but the last character', good.slice(0, -1)],
    ['one more end tag', `${good}</e:Envelope>`],
    ['two envelopes', good.replace(/^<\?xml.*?\?>/, '').repeat(2)],
    ['text behind it', `${good}x`],
    ['a declaration of XML 2.0', good.replace('version="1.0"', 'version="2.0"')],
    ['a declaration in the middle', good.replace('<e:Body>', '<e:Body><?xml version="1.0"?>')],
    ['a processing instruction', good.replace('<e:Body>', '<?php system("id") ?><e:Body>')],
    ['no namespace', good.replaceAll('e:', '').replace(/xmlns:e="[^"]*"/, '')],
    ['an unknown version', good.replace(NAMESPACES['1.1'], 'http://www.w3.org/2099/soap-envelope')],
    ['an undeclared prefix', good.replace('<w:askBack>x</w:askBack>', '<q:askBack/>')],
    ['no Body', raw('').replace('<e:Body></e:Body>', '')],
    ['an empty Body', raw('')],
    ['two Bodies', good.replace('</e:Body>', '</e:Body><e:Body/>')],
    ['Body before Header', `<e:Envelope xmlns:e="${NAMESPACES['1.1']}"><e:Body/><e:Header/></e:Envelope>`],
    ['two elements in the Body', envelope(KNOWN + KNOWN)],
    ['text in the Body', envelope('hello')],
    ['a Fault in the Body', envelope('<e:Fault><faultcode>x</faultcode></e:Fault>')],
    ['an unclosed CDATA section', envelope('<w:askBack><![CDATA[</w:askBack>')],
    ['an undefined entity', envelope('<w:askBack>&nbsp;</w:askBack>')],
    ['a control character', envelope('<w:askBack>\u0008</w:askBack>')],
    ['a reference to NUL', envelope('<w:askBack>&#0;</w:askBack>')],
    ['an attribute twice', envelope('<w:askBack a="" a=""/>')],
    ['bytes that are no UTF-8', Buffer.concat([Buffer.from(raw('<a>')), Buffer.from([0xff, 0xfe, 0xc0])])],
    ['UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le')],
    [
      'a header block that must be understood',
      envelope(KNOWN, `${token()}<x:y xmlns:x="u" e:mustUnderstand="1"/>`),
    ],
    ['submit without a document', envelope('<submit xmlns="urn:henan-integration-hub:messages:1"/>')],
    [
      'submit with two documents',
      envelope('<submit xmlns="urn:henan-integration-hub:messages:1"><document/><xml><a/></xml></submit>'),
    ],
    ['a media type that is none', envelope(submit('x', 'text/plain\r\nx: y'))],
    ['an idempotency key of 201 characters', envelope(submit('x', 'text/plain', 'k'.repeat(201)))],
    ['an idempotency key in Chinese', envelope(submit('x', 'text/plain', '键'))],
  ]
  for (const [title, text] of malformed) {
    it(`answers a Fault to ${title}`, async () => {
      const { handedOver } = await look()
      assertFault(await post(address, text), /<faultcode>soap:(Client|VersionMismatch|MustUnderstand)</)
      const newer = await post(address, text, { headers: { 'content-type': 'application/soap+xml' } })
      assertFault(newer, /soap:(Client|Sender|VersionMismatch|MustUnderstand)</, [400, 500])
      assert.equal((await look()).handedOver, handedOver)
    })
  }

  it('answers 415 to other media types', async () => {
    for (const type of [
      'application/json',
      'text/plain',
      '',
      'multipart/related; type="application/xop+xml"',
      'text/xmlx',
    ])
      assertFault(
        await post(address, good, { headers: { 'content-type': type } }),
        /REQUEST_MEDIA_TYPE/,
        [415],
      )
  })

  it('answers 405 to other methods, and 404 below its address', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])
      assertFault(await post(address, '', { method }), /METHOD_NOT_ALLOWED/, [405])
    assertFault(await post(`${address}/../../etc/passwd`, good), /NOT_FOUND/, [404])
    assertFault(await post(`${address}/more`, good), /NOT_FOUND/, [404])
  })

  it('answers what follows a refused request on the same connection by its own merit, and garbage with 400', async () => {
    const { port } = new URL(address)
    const request = (text: string): string =>
      `POST /soap/city-411300 HTTP/1.1\r\nhost: hub\r\ncontent-type: text/xml\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
    const heard = await converse(
      Number(port),
      request('<Zzz/>') + request('<__proto__/>'),
      // Only then: garbage in the same packet would break off what is not yet answered.
      (text) => (text.match(/<\/soap:Envelope>/g)?.length === 2 ? '\x16\x03\x01 garbage\r\n\r\n' : undefined),
    )
    assert.deepEqual(heard.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 500', 'HTTP/1.1 500', 'HTTP/1.1 400'])
    assert.doesNotMatch(heard, INSIDE)
  })

  it('takes no request that says two lengths', async () => {
    const { port } = new URL(address)
    const smuggled =
      'POST /soap/city-411300 HTTP/1.1\r\nhost: hub\r\ncontent-type: text/xml\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nPOST / HTTP/1.1\r\n\r\n'
    assert.match(await converse(Number(port), smuggled), /^HTTP\/1\.1 400/)
  })

  it('lets a sender go that breaks off in the middle', async () => {
    const { port } = new URL(address)
    await bounded(64, async () => {
      for (let count = 0; count < 50; count++) {
        const socket = net.connect(Number(port), '127.0.0.1')
        await once(socket, 'connect')
        socket.write(
          'POST /soap/city-411300 HTTP/1.1\r\nhost: hub\r\ncontent-type: text/xml\r\ncontent-length: 5000000\r\n\r\n<a>',
        )
        socket.destroy()
      }
    })
  })

  /** All that is heard until the other side hangs up; `more` says what follows on what was heard so far. */
  async function converse(
    port: number,
    text: string,
    more: (heard: string) => string | undefined = () => undefined,
  ): Promise<string> {
    const socket = net.connect(port, '127.0.0.1')
    let heard = ''
    let asked = false
    socket.on('data', (chunk) => {
      heard += chunk.toString()
      const next = asked ? undefined : more(heard)
      if (next === undefined) return
      asked = true
      socket.write(next)
    })
    socket.on('error', () => {})
    socket.write(text)
    await new Promise((resolve) => socket.once('close', resolve))
    return heard
  }
})
