import assert from 'node:assert/strict'
import { readSchemas } from '../canonical/schema-files.ts'
import { MappingError } from '../contract/errors.ts'
import { MESSAGE_TYPES, type Message } from '../contract/message.ts'
import type { CanonicalSchemas } from './canonical-schemas.ts'
import type { OutboundContext } from './format-package.ts'
import { type LoadedPackage, loadPackage } from './load-package.ts'

const { parts, envelope, types } = readSchemas()
const canonicalSchemas: CanonicalSchemas = new Map<string, object>([
  ['parts', parts],
  ['envelope', envelope],
  ...types,
])

const yaml = `
id: demo
version: 1.2.3
title: { zh: 示例, en: Demo }
media: json
charset: utf-8
nullWords: ['', '无']
identify: kind
in:
  W: { type: case.withdrawn, schema: W }
out:
  case.withdrawn: { hints: { path: /w }, schema: W }
answer:
  taken: body.code = 200
  duplicate: body.code = 300 and $contains(body.message, "重复")
  retry: body.code = 503
  refused: $exists(body.code)
  reference: body.data.id
  words: body.message
codes:
  way: { canonical: [online, window] }
`
const files: Readonly<Record<string, string>> = {
  'format.yaml': yaml,
  'in/W.jsonata': `{
  "externalId": no,
  "data": {
    "withdrawnAt": $readTime(at, "yyyyMMdd"),
    "reason": "因：" & $toCanonical("way", way),
    "remark": $lower(note)
  }
}`,
  'out/case.withdrawn.jsonata':
    '{ "at": $writeTime(data.withdrawnAt, "yyyyMMdd"), "way": $toPartner("way", data.reason), "to": $receiver.id, "no": $case.caseNo }',
  'codes/way.csv': 'partner,canonical,label,note\n1,online,网上,\n2,window,窗口,\n',
  'shared/lower.jsonata': '$lower := function($x) { $lowercase($x) }',
}
const partnerSchemas = {
  $defs: { W: { type: 'object', properties: { kind: {}, no: {}, at: {}, way: {}, note: {}, to: {} } } },
}

function load(changes: Readonly<Record<string, string | undefined>> = {}, folder = 'demo') {
  const all = Object.entries({ ...files, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return loadPackage({ folder, files: new Map(all), shared: new Map(), partnerSchemas, canonicalSchemas })
}

function loaded(changes: Readonly<Record<string, string | undefined>> = {}): LoadedPackage {
  const { package: format, faults } = load(changes)
  assert.deepEqual(faults, [])
  return format ?? assert.fail()
}

function faultsOf(changes: Readonly<Record<string, string | undefined>>): string[] {
  const { package: format, faults } = load(changes)
  assert.equal(format, undefined)
  for (const { reason, remedy } of faults)
    assert.ok(reason.endsWith('.') && remedy.endsWith('.'), `${reason} ${remedy}`)
  return faults.map(
    ({ code, file, path }) => `${code} ${file.replace('mappings/demo/', '')}${path === '' ? '' : `#${path}`}`,
  )
}

const sender = { id: 'a', region: '410000' }
const context: OutboundContext = {
  nowMs: 0,
  receiver: { id: 'b', region: '410526' },
  case: {
    caseNo: 'N1',
    taskCode: 't',
    scenario: 's',
    receivingRegion: '411300',
    jurisdictionRegion: '410526',
    openedAt: '',
    externalIds: {},
  },
}
const message = (data: unknown): Message =>
  ({ id: 'm', subject: 'N1', type: 'case.withdrawn', data }) as unknown as Message

describe('loadPackage', () => {
  it('gives a package with its version and content hash', () => {
    const format = loaded()
    assert.match(format.version, /^1\.2\.3\+[0-9a-f]{12}$/)
    assert.equal(format.outbound.get('case.withdrawn')?.hints.path, '/w')
    assert.equal(format.identify({ kind: 'W' }), 'W')
  })

  it('works out hints that begin with = for each message, and leaves the others as they are', () => {
    const hints = '{ path: /w, key: \'=type & "." & $case.jurisdictionRegion & "." & $receiver.id\' }'
    const mapping = loaded({ 'format.yaml': yaml.replace('{ path: /w }', hints) }).outbound.get(
      'case.withdrawn',
    )
    assert.deepEqual(mapping?.hintsOf(message({}), context), { path: '/w', key: 'case.withdrawn.410526.b' })
    assert.equal(mapping?.hints.path, '/w')
  })

  for (const [title, expression] of [
    ['no text', 'data.absent'],
    ['an empty text', '""'],
    ['a number', '1'],
    ['a text of 256 characters', '$pad("", 256, "x")'],
    ['a code without counterpart', '$toPartner("way", "nowhere")'],
  ] as const) {
    it(`refuses a hint that gives ${title}`, () => {
      const hints = `{ key: '=${expression}' }`
      const mapping = loaded({ 'format.yaml': yaml.replace('{ path: /w }', hints) }).outbound.get(
        'case.withdrawn',
      )
      assert.throws(
        () => mapping?.hintsOf(message({}), context),
        (error) =>
          error instanceof MappingError && error.code === 'MAPPING_HINT' && /hint key/.test(error.message),
      )
    })
  }

  it('finds what is wrong in the expression of a hint', () => {
    const withHint = (text: string): string[] =>
      faultsOf({ 'format.yaml': yaml.replace('{ path: /w }', `{ key: '=${text}' }`) })
    assert.deepEqual(withHint('type &'), ['FORMAT_EXPRESSION format.yaml#/out/case.withdrawn/hints/key'])
    assert.deepEqual(withHint('$sender.id'), ['FORMAT_VARIABLE format.yaml'])
  })

  it('gives every type without an entry of its own the mapping of *', async () => {
    const format = loaded({
      'format.yaml': yaml.replace('out:\n', "out:\n  '*': { hints: { key: =type } }\n"),
      'out/_any.jsonata': '$',
    })
    assert.deepEqual([...format.outbound.keys()].sort(), [...MESSAGE_TYPES].sort())
    const decided = { ...message({ result: 'granted' }), type: 'case.decided' } as Message
    const any = format.outbound.get('case.decided') ?? assert.fail()
    assert.deepEqual(await any.map(decided, context), decided)
    assert.deepEqual(any.hintsOf(decided, context), { key: 'case.decided' })
    assert.equal(format.outbound.get('case.withdrawn')?.hints.path, '/w')
  })

  it('reports once what is wrong with the file of *', () => {
    const any = yaml.replace('out:\n', "out:\n  '*': {}\n")
    const broken = faultsOf({ 'format.yaml': any, 'out/_any.jsonata': '$.(' })
    assert.deepEqual(broken, ['FORMAT_EXPRESSION out/_any.jsonata'])
    assert.equal(new Set(faultsOf({ 'format.yaml': any })).size, 1)
    assert.deepEqual(faultsOf({ 'out/_any.jsonata': '$' }), ['FORMAT_FILE_UNLISTED out/_any.jsonata'])
  })

  it('changes the hash with everything that can change an output, and with nothing else', () => {
    const { version } = loaded()
    assert.equal(loaded({ 'cases/x/case.yaml': 'about: x' }).version, version)
    assert.equal(loaded({ 'README.md': 'x' }).version, version)
    for (const file of Object.keys(files))
      assert.notEqual(loaded({ [file]: `${files[file]}\n` }).version, version, file)
  })

  it('finds entries without files and files without entries', () => {
    assert.deepEqual(faultsOf({ 'in/W.jsonata': undefined, 'codes/way.csv': undefined }), [
      'FORMAT_FILE_MISSING format.yaml#/codes/way',
      'FORMAT_FILE_MISSING format.yaml#/in/W',
    ])
    assert.deepEqual(
      faultsOf({ 'in/V.jsonata': '1', 'out/x.y.jsonata': '1', 'codes/z.csv': '', 'notes.txt': '' }),
      [
        'FORMAT_FILE_UNLISTED in/V.jsonata',
        'FORMAT_FILE_UNLISTED out/x.y.jsonata',
        'FORMAT_FILE_UNLISTED codes/z.csv',
        'FORMAT_FILE_UNLISTED notes.txt',
      ],
    )
    assert.deepEqual(faultsOf({ 'format.yaml': undefined }), ['FORMAT_FILE_MISSING format.yaml'])
  })

  it('finds what is wrong in format.yaml', () => {
    assert.deepEqual(faultsOf({ 'format.yaml': yaml.replace('id: demo', 'id: other') }), [
      'FORMAT_ID format.yaml#/id',
    ])
    assert.deepEqual(
      faultsOf({ 'format.yaml': yaml.replace('type: case.withdrawn', 'type: case.withdrew') }),
      ['FORMAT_TYPE_UNKNOWN format.yaml#/in/W/type'],
    )
    assert.deepEqual(faultsOf({ 'format.yaml': yaml.replace('charset: utf-8', 'charset: utf-7') }), [
      'CONFIG_VALUE format.yaml#/charset',
    ])
    assert.deepEqual(faultsOf({ 'format.yaml': yaml.replace('schema: W', 'schema: X') }), [
      'FORMAT_FILE_MISSING format.yaml#/in/W/schema',
    ])
    assert.deepEqual(faultsOf({ 'format.yaml': yaml.replace('[online, window]', 'case.completed#reslt') }), [
      'FORMAT_CODE_CANONICAL format.yaml#/codes/way/canonical',
    ])
    assert.deepEqual(faultsOf({ 'format.yaml': `${yaml}id: twice\n` }), [
      'CONFIG_YAML_DUPLICATE_KEY format.yaml',
    ])
    assert.deepEqual(faultsOf({ 'format.yaml': yaml.replace('identify: kind', 'identify: "kind["') }), [
      'FORMAT_EXPRESSION format.yaml#/identify',
    ])
  })

  it('tells a syntax error at its place, in the file where it stands', () => {
    const inMapping = load({ 'in/W.jsonata': '{\n  "data": {\n    "remark": $lower(note))\n  }\n}' }).faults
    assert.match(
      `${inMapping[0]?.file} ${inMapping[0]?.reason}`,
      /^mappings\/demo\/in\/W\.jsonata Line 3, column \d+: .*S0/,
    )
    const inShared = load({ 'shared/lower.jsonata': '$lower := function($x) {\n  $lowercase($x]\n}' }).faults
    assert.match(
      `${inShared[0]?.file} ${inShared[0]?.reason}`,
      /^mappings\/demo\/shared\/lower\.jsonata Line 2/,
    )
  })

  it('finds tables, date shapes and variables that there are not', () => {
    const mapping = (text: string): Record<string, string> => ({ 'in/W.jsonata': `{ "data": ${text} }` })
    assert.deepEqual(faultsOf(mapping('$toCanonical("wey", way)')), ['FORMAT_CODE_TABLE in/W.jsonata'])
    assert.deepEqual(faultsOf(mapping('$toCanonical(table, way)')), ['FORMAT_CODE_TABLE in/W.jsonata'])
    assert.deepEqual(faultsOf(mapping('$readTime(at, "YYYYMMDD")')), ['FORMAT_DATE_SHAPE in/W.jsonata'])
    assert.deepEqual(faultsOf(mapping('at ~> $readTime("YYYYMMDD")')), ['FORMAT_DATE_SHAPE in/W.jsonata'])
    assert.deepEqual(faultsOf(mapping('$receiver.id & $presnt(at)')), [
      'FORMAT_VARIABLE in/W.jsonata',
      'FORMAT_VARIABLE in/W.jsonata',
    ])
    assert.deepEqual(faultsOf({ 'format.yaml': yaml.replace('way: {', 'way: { direction: out,') }), [
      'FORMAT_CODE_TABLE in/W.jsonata',
    ])
    loaded(mapping('at ~> $readTime("yyyyMMdd")'))
  })
})

describe('an inbound mapping', () => {
  it('makes a draft and leaves out what is not there', async () => {
    const mapping = loaded().inbound.get('W') ?? assert.fail()
    const { draft, faults } = await mapping.map({ no: 7, at: '20260930', way: '1' }, { nowMs: 0, sender })
    assert.deepEqual(faults, [])
    assert.deepEqual(draft, {
      externalId: '7',
      data: { withdrawnAt: '2026-09-30T00:00:00+08:00', reason: '因：online' },
    })
    assert.equal(mapping.sourceOf('/withdrawnAt'), 'at')
  })

  it('turns refusals into faults with pointer and source; a swallowed one keeps its source', async () => {
    const mapping = loaded().inbound.get('W') ?? assert.fail()
    const { draft, faults } = await mapping.map({ no: {}, at: '20260931', way: '9' }, { nowMs: 0, sender })
    assert.deepEqual(
      faults.map(({ code, pointer, source, facts }) => ({ code, pointer, source, facts })),
      [
        {
          code: 'DATE_INVALID',
          pointer: '/withdrawnAt',
          source: 'at',
          facts: { shape: 'yyyyMMdd', value: '20260931' },
        },
        {
          code: 'CODE_UNMAPPED',
          pointer: undefined,
          source: 'way',
          facts: { table: 'way', value: '9', known: ['1', '2'] },
        },
        { code: 'FIELD_TYPE', pointer: undefined, source: 'no', facts: undefined },
      ],
    )
    assert.equal(Object.hasOwn(draft.data as object, 'withdrawnAt'), false)
  })

  it('tells a refusal rather than the error of an operator that tripped over it', async () => {
    const mapping =
      loaded({ 'in/W.jsonata': '{ "data": { "round": 1 + $integer(n) } }' }).inbound.get('W') ?? assert.fail()
    const { faults } = await mapping.map({ n: 'x' }, { nowMs: 0, sender })
    assert.deepEqual(
      faults.map(({ code, source }) => ({ code, source })),
      [{ code: 'FIELD_TYPE', source: 'n' }],
    )
  })

  it('throws MappingError with the place where the expression itself failed', async () => {
    const mapping = loaded({ 'in/W.jsonata': '{\n  "data": 1 + note\n}' }).inbound.get('W') ?? assert.fail()
    await assert.rejects(mapping.map({ note: '机密' }, { nowMs: 0, sender }), (error) => {
      assert.ok(error instanceof MappingError)
      assert.equal(error.code, 'MAPPING_FAILED')
      assert.match(error.message, /^mappings\/demo\/in\/W\.jsonata:2:\d+/)
      assert.doesNotMatch(error.message, /机密/)
      return true
    })
    const bare = loaded({ 'in/W.jsonata': '"x"' }).inbound.get('W') ?? assert.fail()
    await assert.rejects(bare.map({}, { nowMs: 0, sender }), { code: 'MAPPING_FAILED' })
  })
})

describe('an outbound mapping', () => {
  it('makes the receiver’s document', async () => {
    const mapping = loaded().outbound.get('case.withdrawn') ?? assert.fail()
    const document = await mapping.map(
      message({ withdrawnAt: '2026-09-30T10:00:00+08:00', reason: 'window' }),
      context,
    )
    assert.deepEqual(document, { at: '20260930', way: '2', to: 'b', no: 'N1' })
  })

  it('throws MappingError with every value that has no counterpart, where it came from and where it would go', async () => {
    const mapping = loaded().outbound.get('case.withdrawn') ?? assert.fail()
    const thrown = mapping.map(
      message({ withdrawnAt: '2026-09-31T10:00:00+08:00', reason: 'other' }),
      context,
    )
    await assert.rejects(thrown, (error) => {
      assert.ok(error instanceof MappingError)
      assert.equal(error.code, 'MAPPING_VALUE_REFUSED')
      assert.deepEqual(
        (error.details.faults as { code: string; pointer: string; facts: object }[]).map(
          ({ code, pointer, facts }) => ({ code, pointer, facts }),
        ),
        [
          {
            code: 'DATE_INVALID',
            pointer: '/withdrawnAt',
            facts: { shape: 'yyyyMMdd', value: '2026-09-31T10:00:00+08:00', target: '/at' },
          },
          {
            code: 'CODE_UNMAPPED',
            pointer: '/reason',
            facts: { table: 'way', value: 'other', known: ['online', 'window'], target: '/way' },
          },
        ],
      )
      return true
    })
    await assert.rejects(mapping.map(message({ reason: 'other' }), context), {
      code: 'MAPPING_CODE_UNMAPPED',
    })
  })

  it('throws MappingError where it makes nothing', async () => {
    const mapping =
      loaded({ 'out/case.withdrawn.jsonata': 'data.none' }).outbound.get('case.withdrawn') ?? assert.fail()
    await assert.rejects(mapping.map(message({}), context), { code: 'MAPPING_FAILED' })
  })
})

describe('identify', () => {
  it('knows no message in a document of another shape', () => {
    const format = loaded({ 'format.yaml': yaml.replace('identify: kind', 'identify: $uppercase(kind)') })
    assert.equal(format.identify({ kind: 'w' }), 'W')
    for (const document of [{ kind: 1 }, {}, null, 'W', [{ kind: 'w' }], { kind: ['a', 'b'] }]) {
      assert.equal(format.identify(document), undefined)
    }
  })
})

describe('readAnswer', () => {
  const { readAnswer } = loaded()
  const read = (body: unknown, status?: number) =>
    readAnswer({
      ...(status === undefined ? {} : { status }),
      body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
    })

  it('reads taken, duplicate, retry and refused by the format’s expressions', () => {
    assert.deepEqual(read({ code: 200, message: 'ok', data: { id: 7 } }), {
      verdict: 'taken',
      reference: '7',
      words: 'ok',
    })
    assert.deepEqual(read({ code: 300, message: '报文重复' }), { verdict: 'duplicate', words: '报文重复' })
    assert.deepEqual(read({ code: 503 }), { verdict: 'retry' })
    assert.deepEqual(read({ code: 300, message: '缺少字段' }), { verdict: 'refused', words: '缺少字段' })
  })

  it('calls unreadable what it cannot read, and never throws', () => {
    for (const body of ['', '<html>', '[]', 'null', '{"code":null', { status: 200 }]) {
      assert.equal(read(body).verdict, 'unreadable')
    }
    // The expression for duplicates fails on a number; the next ones are asked all the same.
    assert.deepEqual(read({ code: 300, message: 5 }), { verdict: 'refused', words: '5' })
  })

  it('reads UTF-8 and the format’s own charset, and caps the words', () => {
    const chinese = loaded({ 'format.yaml': yaml.replace('utf-8', 'gb18030') })
    const gbk = Buffer.concat([
      Buffer.from('{"code":300,"message":"'),
      Buffer.from([0xd6, 0xd8, 0xb8, 0xb4]),
      Buffer.from('"}'),
    ])
    assert.deepEqual(chinese.readAnswer({ body: gbk }), { verdict: 'duplicate', words: '重复' })
    assert.deepEqual(chinese.readAnswer({ body: Buffer.from('{"code":300,"message":"重复"}') }), {
      verdict: 'duplicate',
      words: '重复',
    })
    assert.equal([...(read({ code: 1, message: '𠮷'.repeat(600) }).words ?? '')].length, 500)
  })
})

describe('a package in another medium', () => {
  const delimited =
    "delimited: { delimiter: '|', records: { D: [type, kind, note], T: [type, count] }, freeText: { D: note } }"
  const inMedia = (text: string) => ({ 'format.yaml': yaml.replace('media: json', text) })

  it('reads and writes its documents', () => {
    const { decode, encode } = loaded(inMedia(`media: delimited\n${delimited}`))
    const document = { D: { type: 'D', kind: 'W', note: 'a|b' } }
    assert.deepEqual(decode(Buffer.from('D|W|a|b\n'), 'text/plain').document, document)
    assert.equal(Buffer.from(encode(document).body).toString(), 'D|W|a|b\n')
  })

  it('reads answers in its medium, or in the one it names', () => {
    const answer = yaml
      .replace('media: json', 'media: xml')
      .replaceAll('body.', 'body.R.')
      .replace('R.code = 200', 'R.code = "200"')
    const reading = loaded({ 'format.yaml': answer }).readAnswer({
      body: Buffer.from('<R><code>200</code><message>好</message></R>'),
    })
    assert.deepEqual(reading, { verdict: 'taken', words: '好' })
    const form = loaded(inMedia('media: form')).readAnswer({ body: Buffer.from('{"code":200}') })
    assert.deepEqual(form, { verdict: 'taken' })
    const named = inMedia('media: form')
      ['format.yaml'].replace(
        'answer:\n',
        'answer:\n  media: xml\n  embedded: [{ path: E.return, media: xml }]\n  lists: [E.return.R.message]\n',
      )
      .replaceAll('body.', 'body.E.return.R.')
      .replace('R.code = 200', 'R.code = "200"')
      .replace('words: body.E.return.R.message', 'words: body.E.return.R.message[0]')
    const { readAnswer } = loaded({ 'format.yaml': named })
    const text = '<E><return><![CDATA[<R><code>200</code><message>好</message></R>]]></return></E>'
    assert.deepEqual(readAnswer({ body: Buffer.from(text) }), { verdict: 'taken', words: '好' })
    assert.deepEqual(readAnswer({ body: Buffer.from('<E><return>系统繁忙</return></E>') }), {
      verdict: 'unreadable',
    })
    assert.deepEqual(readAnswer({ body: Buffer.from('<!DOCTYPE x><E/>') }), { verdict: 'unreadable' })
  })

  it('is refused with a layout that does not fit', () => {
    assert.deepEqual(faultsOf(inMedia('media: delimited')), ['FORMAT_DELIMITED format.yaml#/delimited'])
    assert.deepEqual(faultsOf(inMedia(`media: xml\n${delimited}`)), [
      'FORMAT_DELIMITED format.yaml#/delimited',
    ])
    for (const wrong of ['freeText: { D: other }', 'freeText: { D: type }', 'freeText: { X: note }'])
      assert.match(
        faultsOf(inMedia(`media: delimited\n${delimited.replace('freeText: { D: note }', wrong)}`)).join(),
        /^FORMAT_DELIMITED format\.yaml#\/delimited\/freeText\/[DX]$/,
      )
    for (const wrong of ['media: yaml', 'media: xml\nlists: [a..b]', 'media: xml\nembedded: [{ path: a }]'])
      assert.notDeepEqual(faultsOf(inMedia(wrong)), [])
  })
})
