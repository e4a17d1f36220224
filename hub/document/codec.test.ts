import assert from 'node:assert/strict'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { IntakeError, MappingError } from '../contract/errors.ts'
import { delimitedDocument, formDocument, textOf, xmlDocument } from '../testing/document-arbitrary.ts'
import { answerDocument, codecOf } from './codec.ts'
import { CHARSETS, type DelimitedLayout, type DocumentDeclaration } from './media.ts'

const declared = (changes: Partial<DocumentDeclaration>): DocumentDeclaration => ({
  media: 'json',
  charset: 'utf-8',
  lists: [],
  embedded: [],
  ...changes,
})
const codec = (changes: Partial<DocumentDeclaration>) => codecOf(declared(changes))

const layout: DelimitedLayout = {
  delimiter: '|',
  records: {
    H: ['type', 'sender', 'region', 'kind', 'day', 'count'],
    D: ['type', 'no', 'item', 'BZ', 'name'],
    T: ['type', 'count'],
  },
  freeText: { D: 'BZ' },
}

function refused(reading: () => unknown): IntakeError {
  try {
    reading()
  } catch (error) {
    assert.ok(error instanceof IntakeError, String(error))
    return error
  }
  assert.fail('it was read')
}

function unwritable(writing: () => unknown): MappingError {
  try {
    writing()
  } catch (error) {
    assert.ok(error instanceof MappingError, String(error))
    return error
  }
  assert.fail('it was written')
}

/** Written and read again, by what the transport says and by what the document says of itself. */
function survives(changes: Partial<DocumentDeclaration>, document: unknown): void {
  const both = codec(changes)
  const { body, contentType } = both.encode(document)
  assert.deepEqual(both.decode(body, contentType).document, document)
  const { document: again, charset } = both.decode(body, 'application/octet-stream')
  assert.deepEqual(again, document)
  assert.equal(charset, changes.charset)
}

describe('what is written is read as it was', () => {
  for (const charset of CHARSETS) {
    it(`JSON in ${charset}`, () => {
      const value = fc.dictionary(fc.string({ maxLength: 5 }), textOf(charset), { noNullPrototype: true })
      const usual = value.filter((one) => !Object.hasOwn(one, '__proto__'))
      fc.assert(
        fc.property(
          usual.map((one) => (charset === 'utf-8' ? one : { x: Object.values(one) })),
          (document) => survives({ media: 'json', charset }, document),
        ),
      )
    })
    it(`XML in ${charset}`, () => {
      fc.assert(
        fc.property(xmlDocument(charset), (document) => survives({ media: 'xml', charset }, document)),
        { numRuns: 300 },
      )
    })
    it(`forms in ${charset}`, () => {
      fc.assert(
        fc.property(formDocument(charset), (document) => survives({ media: 'form', charset }, document)),
        { numRuns: 200 },
      )
    })
    it(`delimited text in ${charset}`, () => {
      fc.assert(
        fc.property(delimitedDocument(layout, charset), (document) =>
          survives({ media: 'delimited', charset, delimited: layout }, document),
        ),
        { numRuns: 200 },
      )
    })
    it(`XML in a field of XML, of a form and of JSON, in ${charset}`, () => {
      const embedded = [{ path: 'call.xmlStr', media: 'xml' as const, declares: charset }]
      fc.assert(
        fc.property(xmlDocument(charset), textOf(charset), (inner, token) => {
          survives({ media: 'xml', charset, embedded }, { call: { token, xmlStr: inner } })
          survives({ media: 'json', charset, embedded }, { call: { token, xmlStr: inner } })
          const fields = [
            { path: 'baseInfoXml', media: 'xml' as const },
            { path: 'extra', media: 'json' as const },
          ]
          survives({ media: 'form', charset, embedded: fields }, { baseInfoXml: inner, extra: { token } })
        }),
      )
    })
  }

  it('𠮷 goes out in GB 18030 and UTF-8, and is refused by name in GBK, in every medium', () => {
    for (const [media, document] of [
      ['json', { name: '𠮷' }],
      ['xml', { name: '𠮷' }],
      ['form', { name: '𠮷' }],
      ['delimited', { T: { count: '𠮷' } }],
    ] as const) {
      for (const charset of ['utf-8', 'gb18030'] as const)
        codec({ media, charset, delimited: layout }).encode(document)
      const { code, details } = unwritable(() =>
        codec({ media, charset: 'gbk', delimited: layout }).encode(document),
      )
      assert.deepEqual([code, details.characters], ['MAPPING_CHARACTER', ['𠮷']], media)
    }
  })

  it('what an inner declaration names is a promise: a character that the set lacks is refused with its path', () => {
    const written = (declares: string, name: string): unknown =>
      codec({ media: 'xml', embedded: [{ path: 'call.xmlStr', media: 'xml', declares }] }).encode({
        call: { xmlStr: { D: { name } } },
      })
    for (const declares of ['GBK', 'gb2312']) {
      written(declares, '测试甲')
      const { code, details, message } = unwritable(() => written(declares, '测试𠮷'))
      assert.deepEqual([code, details.characters, details.path], ['MAPPING_CHARACTER', ['𠮷'], 'call.xmlStr'])
      assert.match(message, /call\.xmlStr declares .*: gbk has no 𠮷 \(U\+20BB7\)/)
    }
    for (const declares of ['GB18030', 'UTF-8']) written(declares, '测试𠮷')
  })

  it('a lone surrogate is refused, not written as U+FFFD', () => {
    assert.equal(unwritable(() => codec({ media: 'form' }).encode({ a: '\ud800' })).code, 'MAPPING_CHARACTER')
    assert.equal(unwritable(() => codec({ media: 'xml' }).encode({ a: '\ud800' })).code, 'MAPPING_UNWRITABLE')
  })

  it('a character that readers of the set take for another one is refused', () => {
    // U+E81E, private: GB 18030-2005 gave its bytes to U+9FB4.
    assert.equal(
      unwritable(() => codec({ charset: 'gb18030' }).encode({ a: '\ue81e' })).code,
      'MAPPING_CHARACTER',
    )
  })
})

describe('the charset', () => {
  const gbk = iconv.encode('<?xml version="1.0" encoding="gb2312"?><a>测试甲</a>', 'gbk')
  const xml = codec({ media: 'xml' })

  it('is that of the transport, then that of the document, then that of the format', () => {
    assert.deepEqual(xml.decode(gbk, 'text/xml'), {
      document: { a: '测试甲' },
      declaredCharset: undefined,
      charset: 'gbk',
    })
    const plain = iconv.encode('<a>测试甲</a>', 'gb18030')
    assert.deepEqual(codec({ media: 'xml', charset: 'gb18030' }).decode(plain, 'text/xml').document, {
      a: '测试甲',
    })
    const utf8 = Buffer.from('<?xml version="1.0" encoding="GBK"?><a>测试甲</a>')
    assert.deepEqual(xml.decode(utf8, 'text/xml; charset=UTF-8'), {
      document: { a: '测试甲' },
      declaredCharset: 'utf-8',
      charset: 'utf-8',
      otherwiseDeclared: 'gbk',
    })
  })

  it('is not guessed: bytes that the transport’s set lacks are refused, and what the document says is told', () => {
    const { code, message } = refused(() => xml.decode(gbk, 'text/xml; charset=utf-8'))
    assert.equal(code, 'REQUEST_CHARSET')
    assert.match(message, /declares gb2312/)
    assert.equal(refused(() => xml.decode(gbk, 'text/xml; charset=big5')).code, 'REQUEST_CHARSET')
    assert.equal(
      refused(() => xml.decode(Buffer.from('<?xml version="1.0" encoding="UTF-16"?><a/>'), 'text/xml')).code,
      'REQUEST_CHARSET',
    )
  })

  it('is UTF-8 where a byte order mark says so and nobody else does', () => {
    const marked = Buffer.from('\ufeff<?xml version="1.0"?><a>测</a>')
    const { document, charset } = codec({ media: 'xml', charset: 'gbk' }).decode(marked, '')
    assert.deepEqual([document, charset], [{ a: '测' }, 'utf-8'])
  })

  it('of a form is that of its percent signs', () => {
    const form = codec({ media: 'form', charset: 'gbk' })
    assert.deepEqual(
      form.decode(Buffer.from('SQRMC=%B2%E2%CA%D4+A&x=%26&x=&y'), 'application/x-www-form-urlencoded')
        .document,
      { SQRMC: '测试 A', x: ['&', ''], y: '' },
    )
    assert.deepEqual(form.decode(Buffer.from('a=%E6%B5%8B'), 'x; charset=utf-8').document, { a: '测' })
    assert.equal(refused(() => form.decode(Buffer.from('a=%B2'), '')).code, 'REQUEST_CHARSET')
    for (const bad of ['a=%', 'a=%4', 'a=%zz&b=1', '', '&&', '__proto__=1'])
      assert.equal(refused(() => form.decode(Buffer.from(bad), '')).code, 'REQUEST_NOT_FORM', bad)
    const many = Array.from({ length: 1001 }, (_, index) => `a${index}=1`).join('&')
    assert.equal(refused(() => form.decode(Buffer.from(many), '')).code, 'REQUEST_TOO_LARGE')
  })
})

describe('embedded documents and lists', () => {
  const legacy = codec({
    media: 'xml',
    lists: ['receiveCase.xmlStr.APPROVEDATAINFO.SBCLS.SBCL'],
    // Inner ones may be named first.
    embedded: [
      { path: 'receiveCase.xmlStr.APPROVEDATAINFO.XML_DATA', media: 'xml' },
      { path: 'receiveCase.xmlStr', media: 'xml', declares: 'GBK' },
    ],
  })
  const inner = {
    APPROVEDATAINFO: {
      SBLSH: '0041',
      SBCLS: { SBCL: [{ CLMC: '审查表' }] },
      XML_DATA: { form: { x: ' 1 ' } },
    },
  }

  it('are written inside one another, with the declaration that the receiver wants', () => {
    const { body, contentType } = legacy.encode({ receiveCase: { accessToken: 'DEMO', xmlStr: inner } })
    const text = Buffer.from(body).toString()
    assert.equal(contentType, 'application/xml; charset=utf-8')
    assert.match(text, /^<\?xml version="1.0" encoding="UTF-8"\?><receiveCase>/)
    assert.match(text, /<xmlStr>&lt;\?xml version="1.0" encoding="GBK"\?&gt;&lt;APPROVEDATAINFO&gt;/)
    assert.match(text, /&lt;XML_DATA&gt;&amp;lt;form&amp;gt;/)
    assert.deepEqual(legacy.decode(body, contentType).document, {
      receiveCase: { accessToken: 'DEMO', xmlStr: inner },
    })
  })

  it('are read from CDATA, whatever they declare; blank ones stay blank', () => {
    const text =
      '<receiveCase><xmlStr><![CDATA[\n<?xml version="1.0" encoding="GBK"?>\n<APPROVEDATAINFO><SBCLS><SBCL>甲</SBCL></SBCLS></APPROVEDATAINFO>]]></xmlStr></receiveCase>'
    assert.deepEqual(legacy.decode(Buffer.from(text), '').document, {
      receiveCase: { xmlStr: { APPROVEDATAINFO: { SBCLS: { SBCL: ['甲'] } } } },
    })
    const empty = '<receiveCase><xmlStr> </xmlStr></receiveCase>'
    assert.deepEqual(legacy.decode(Buffer.from(empty), '').document, { receiveCase: { xmlStr: ' ' } })
  })

  it('are refused by the field that holds them, with the place inside', () => {
    const text = '<receiveCase><xmlStr>&lt;A&gt;\n&lt;B&gt;&lt;/A&gt;</xmlStr></receiveCase>'
    const { code, faults, details } = refused(() => legacy.decode(Buffer.from(text), ''))
    assert.equal(code, 'REQUEST_NOT_XML')
    assert.equal(faults[0]?.source, 'receiveCase.xmlStr.A')
    assert.deepEqual([details.line, details.column, details.source], [2, 4, 'receiveCase.xmlStr'])
  })

  it('in every element of a list', () => {
    const many = codec({ embedded: [{ path: 'rows.xml', media: 'xml' }] })
    const document = { rows: [{ xml: { a: '1' } }, { xml: { a: '2' } }] }
    const { body } = many.encode(document)
    assert.equal(Buffer.from(body).toString(), '{"rows":[{"xml":"<a>1</a>"},{"xml":"<a>2</a>"}]}')
    assert.deepEqual(many.decode(body, '').document, document)
    const bad = Buffer.from('{"rows":[{"xml":"<a/>"},{"xml":"<a>"}]}')
    assert.equal(refused(() => many.decode(bad, '')).faults[0]?.source, 'rows[1].xml.a')
  })

  it('a text that the mapping made goes out as it is; a list or a number is refused', () => {
    const one = codec({ embedded: [{ path: 'x', media: 'xml' }] })
    assert.equal(Buffer.from(one.encode({ x: '<raw/>' }).body).toString(), '{"x":"<raw/>"}')
    assert.deepEqual(unwritable(() => one.encode({ x: 7 })).details, { path: 'x' })
    assert.equal(unwritable(() => one.encode({ x: { a: '1', b: '2' } })).details.path, 'x')
    assert.equal(unwritable(() => one.encode({ x: { a: { b: '\u0001' } } })).details.path, 'x.a.b')
  })
})

describe('delimited text', () => {
  const text = codec({ media: 'delimited', charset: 'gb18030', delimited: layout })
  const read = (lines: string) => text.decode(iconv.encode(lines, 'gb18030'), 'text/plain').document

  it('is split after decoding: 珅 has the delimiter for its second byte', () => {
    assert.ok(iconv.encode('珅', 'gb18030').includes(0x7c))
    assert.deepEqual(read('H|HN|411525|BJ|20261022|2\r\nD|0000017|1141|证书:珅|乙\r\nT|2\r\n\r\n'), {
      H: { type: 'H', sender: 'HN', region: '411525', kind: 'BJ', day: '20261022', count: '2' },
      D: { type: 'D', no: '0000017', item: '1141', BZ: '证书:珅', name: '乙' },
      T: { type: 'T', count: '2' },
    })
  })

  it('gives a surplus back to the free-text column', () => {
    assert.deepEqual(read('D|1|2|甲|乙|丙|名'), {
      D: { type: 'D', no: '1', item: '2', BZ: '甲|乙|丙', name: '名' },
    })
  })

  it('is refused by line, record and count', () => {
    for (const [lines, facts, words] of [
      ['T|2\nD|1|2|3', { line: 2, record: 'D' }, /a record D has 5 fields, this one 4/],
      ['T|2|', { line: 1, record: 'T' }, /a record T has 2 fields, this one 3/],
      ['X|1', { line: 1 }, /none of the kinds of record: H D T/],
      ['toString|1', { line: 1 }, /none of the kinds/],
      ['\n\n', { line: 1 }, /there are no records/],
    ] as const) {
      const { code, faults, message } = refused(() => read(lines))
      assert.equal(code, 'REQUEST_NOT_DELIMITED')
      assert.deepEqual(faults[0]?.facts, facts)
      assert.match(message, words)
    }
  })

  it('names the column that cannot be written', () => {
    const bad = (document: unknown) => unwritable(() => text.encode(document)).details.path
    assert.equal(bad({ D: { no: '1|2' } }), 'D.no')
    assert.equal(bad({ D: [{ no: '1' }, { BZ: 'a\nb' }] }), 'D[1].BZ')
    assert.equal(bad({ D: { BZ: 'a|b', surname: 'x' } }), 'D.surname')
    assert.equal(bad({ D: { type: 'H' } }), 'D.type')
    assert.equal(bad({ D: { no: {} } }), 'D.no')
    assert.equal(bad({ X: {} }), 'X')
    assert.equal(bad({}), undefined)
    assert.equal(iconv.decode(Buffer.from(text.encode({ T: { count: 2 } }).body), 'gb18030'), 'T|2\n')
  })
})

describe('answers', () => {
  const soapLike = declared({ media: 'xml', embedded: [{ path: 'reply.return', media: 'xml' }] })

  it('are read with what is embedded in them', () => {
    const text =
      '<reply><return>&lt;RESULT&gt;&lt;STATUS&gt;200&lt;/STATUS&gt;&lt;/RESULT&gt;</return></reply>'
    assert.deepEqual(answerDocument(text, soapLike, 'utf-8'), {
      reply: { return: { RESULT: { STATUS: '200' } } },
    })
  })

  it('are read as far as they go', () => {
    assert.deepEqual(answerDocument('<reply><return>系统繁忙</return></reply>', soapLike, 'gbk'), {
      reply: { return: '系统繁忙' },
    })
    assert.deepEqual(answerDocument('{"id":12345678901234567890}', declared({}), 'gbk'), {
      id: 12345678901234567000,
    })
    for (const text of ['', 'OK', '<a', '<!DOCTYPE a><a/>']) {
      assert.equal(answerDocument(text, soapLike, 'utf-8'), undefined)
      assert.equal(answerDocument(text, declared({}), 'utf-8'), undefined)
    }
  })

  it('of a form are in the charset of the format', () => {
    const form = declared({ media: 'form' })
    assert.deepEqual(answerDocument('DESC=%B2%E2&x=测', form, 'gbk'), { DESC: '测', x: '测' })
    assert.equal(answerDocument('DESC=%B2%E2', form, 'utf-8'), undefined)
  })

  it('never throw, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'<>/a&;"\'=![]CDAT?- #x1{}:,') }), (text) => {
        for (const media of ['json', 'xml', 'form'] as const) answerDocument(text, declared({ media }), 'gbk')
      }),
    )
  })
})
