import assert from 'node:assert/strict'
import fc from 'fast-check'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { IntakeError } from '../contract/errors.ts'
import { xmlDocument } from '../testing/document-arbitrary.ts'
import { readXml } from './read-xml.ts'
import { writeXml } from './write-xml.ts'

function refusal(text: string): IntakeError {
  try {
    readXml(text)
  } catch (error) {
    assert.ok(error instanceof IntakeError, String(error))
    return error
  }
  assert.fail(`accepted: ${text.slice(0, 80)}`)
}

describe('readXml', () => {
  it('keeps every value the text it was', () => {
    const values = [
      '000123',
      '1e5',
      '0x1F',
      'true',
      'null',
      '410101190001010015',
      ' x ',
      '　',
      '1.0',
      '+1',
      '-0',
    ]
    const text = `<r>${values.map((value) => `<v>${value}</v>`).join('\n  ')}</r>`
    assert.deepEqual(readXml(text), { r: { v: values } })
  })

  it('gives attributes, text beside them, lists, and empty texts', () => {
    const pairs: readonly (readonly [string, object])[] = [
      ['<a/>', { a: '' }],
      ['<a></a>', { a: '' }],
      ['<a> </a>', { a: ' ' }],
      ['<a x="1"/>', { a: { '@x': '1' } }],
      ['<a x="1">t</a>', { a: { '@x': '1', '#text': 't' } }],
      ['<a><b>1</b><b/><b>3</b></a>', { a: { b: ['1', '', '3'] } }],
      ['<a>\r\n\t<b>1</b>\r\n</a>', { a: { b: '1' } }],
      ['<a>x<b>1</b>y</a>', { a: { b: '1', '#text': 'xy' } }],
      ['<a>1\r\n2\r3</a>', { a: '1\n2\n3' }],
      ['<a>1&#13;&#10;&#x6D4B;</a>', { a: '1\r\n测' }],
      ['<a>&lt;&amp;lt;&gt;&quot;&apos;&amp;#65;</a>', { a: '<&lt;>"\'&#65;' }],
      ['<a b="&lt;&#10;"\tc=\'a"b\n\td\'/>', { a: { '@b': '<\n', '@c': 'a"b  d' } }],
      ['<a>1<![CDATA[<b>&amp;]]]]><![CDATA[>]]>2</a>', { a: '1<b>&amp;]]>2' }],
      ['<s:E xmlns:s="u" s:k="v"><s:B xmlns="w">1</s:B></s:E>', { E: { '@k': 'v', B: '1' } }],
      ['<申请 类型="1"><姓名>测试甲</姓名></申请>', { 申请: { '@类型': '1', 姓名: '测试甲' } }],
      ['<toString><hasOwnProperty/><valueOf/></toString>', { toString: { hasOwnProperty: '', valueOf: '' } }],
    ]
    for (const [text, document] of pairs) assert.deepEqual(readXml(text), document, text)
  })

  it('drops comments and processing instructions, whatever stands in them', () => {
    // The parser alone would take the apostrophes for a value and lose the element between them.
    const text =
      '<?xml version="1.0"?><!-- <x> & \' --><?a it\'s?><a>1<!-- " -->2<b/><?c it\'s > ?></a><!-- z -->\n<?d?>'
    assert.deepEqual(readXml(text), { a: { b: '', '#text': '12' } })
  })

  it('refuses what is no XML, by line and column', () => {
    assert.deepEqual(refusal('<a>\n <b>\n</a>').details, { offset: 9, line: 3, column: 1 })
    for (const text of [
      '',
      ' ',
      'a',
      '<a',
      '<a>',
      '</a>',
      '<a></b>',
      '<a><b></a></b>',
      '<a/><b/>',
      '<a/>x',
      'x<a/>',
      '<a/>&#32;',
      '<![CDATA[x]]><a/>',
      '<a/><![CDATA[x]]>',
      '<a b/>',
      '<a b=1/>',
      '<a b="1"c="2"/>',
      '<a b="<"/>',
      '<a b="1" b="2"/>',
      '<a x:b="1" y:b="2"/>',
      '< a/>',
      '<a / >',
      '<1a/>',
      '<a:b:c/>',
      '<:a/>',
      '<a>]]></a>',
      '<a><!-- a -- b --></a>',
      '<a><!-- a </a>',
      '<a><![CDATA[ </a>',
      '<a><? x ?></a>',
      '<a><?xml version="1.0"?></a>',
      ' <?xml version="1.0"?><a/>',
      '<a>&nbsp;</a>',
      '<a>&</a>',
      '<a>& b;</a>',
      '<a>&#;</a>',
      '<a>&#x;</a>',
      '<a>&#0;</a>',
      '<a>&#1;</a>',
      '<a>&#xD800;</a>',
      '<a>&#x110000;</a>',
      '<a>&#99999999;</a>',
      '<a b="&x;"/>',
      '<a>\u0000</a>',
      '<a>\u0008</a>',
      '<a>\ufffe</a>',
      '<a>\ud800</a>',
      '<!ELEMENT a ANY><a/>',
    ]) {
      const { code, faults } = refusal(text)
      assert.equal(code, 'REQUEST_NOT_XML', text)
      assert.match(faults[0]?.reason.zh ?? '', /^第 \d+ 行第 \d+ 列：/)
    }
  })

  it('says names of any length shortly', () => {
    const name = 'n'.repeat(100_000)
    for (const text of [
      `<${name}>`,
      `<${name}></x>`,
      `<a ${name}="1" ${name}="2"/>`,
      `<${name} =>`,
      `<a:${name}:b/>`,
    ])
      assert.ok(
        JSON.stringify([refusal(text).message, refusal(text).faults]).length < 1000,
        text.slice(0, 20),
      )
  })

  it('names the element in which it stopped', () => {
    assert.equal(refusal('<s:a xmlns:s="u"><s:b>&x;</s:b></s:a>').faults[0]?.source, 'a.b')
  })
})

describe('attacks by XML', () => {
  it('a document type declaration is refused before anything is read, with every way of writing it', () => {
    const lol = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join(
      '',
    )
    for (const text of [
      '<!DOCTYPE a><a/>',
      '<!doctype a><a/>',
      `<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY l0 "lol">${lol}]><a>&l9;</a>`,
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
      '<!DOCTYPE a SYSTEM "urn:other"><a/>',
      '<a><!DOCTYPE a></a>',
      '<!-- x --><!DOCTYPE a><a/>',
    ]) {
      const { code, message } = refusal(text)
      assert.equal(code, 'REQUEST_NOT_XML')
      assert.match(message, /DOCTYPE/)
    }
    // As text it is harmless.
    assert.deepEqual(readXml('<a><![CDATA[<!DOCTYPE a>]]></a>'), { a: '<!DOCTYPE a>' })
  })

  it('names that mean something to the language are refused, under any prefix, for elements and attributes', () => {
    for (const name of ['__proto__', 'constructor', 'prototype'])
      for (const text of [
        `<${name}/>`,
        `<a><${name}>x</${name}></a>`,
        `<n:${name}/>`,
        `<a ${name}="1"/>`,
        `<a n:${name}="1"/>`,
      ])
        assert.equal(refusal(text).code, 'REQUEST_NOT_XML', text)
    assert.equal(({} as { x?: unknown }).x, undefined)
  })

  it('too deep, too many attributes, too many elements', () => {
    const nested = (depth: number) => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`
    readXml(nested(64))
    assert.equal(refusal(nested(65)).code, 'REQUEST_TOO_DEEP')
    assert.equal(refusal(nested(50_000)).code, 'REQUEST_TOO_DEEP')
    const attributes = (count: number) => Array.from({ length: count }, (_, at) => ` a${at}="1"`).join('')
    readXml(`<a${attributes(256)}/>`)
    assert.equal(refusal(`<a${attributes(257)}/>`).code, 'REQUEST_TOO_LARGE')
    assert.equal(refusal(`<a${attributes(100_000)}/>`).code, 'REQUEST_TOO_LARGE')
    const namespaces = Array.from({ length: 100_000 }, (_, at) => ` xmlns:n${at}="u"`).join('')
    assert.equal(refusal(`<a${namespaces}/>`).code, 'REQUEST_TOO_LARGE')
    assert.equal((readXml(`<a>${'<b/>'.repeat(99_999)}</a>`) as { a: { b: string[] } }).a.b.length, 99_999)
    assert.equal(refusal(`<a>${'<b/>'.repeat(100_000)}</a>`).code, 'REQUEST_TOO_LARGE')
  })

  it('a million references are a million characters', () => {
    assert.equal((readXml(`<a>${'&#65;'.repeat(1_000_000)}</a>`) as { a: string }).a.length, 1_000_000)
  })

  it('what repeats one mark for long ends', () => {
    for (const text of [
      '<',
      '&',
      ' ',
      '<a ',
      '<a b="',
      '<!--',
      '<![CDATA[',
      '<?a ',
      ']]>',
      '<a>&#',
      '-->',
      "<a '",
    ])
      refusal(text.repeat(200_000))
  })

  it('marks in any order are read or refused, never more', () => {
    const marks = [
      '<',
      '>',
      '/',
      '<a>',
      '</a>',
      '<a/>',
      ' b="1"',
      "'",
      '"',
      '=',
      '&',
      '&lt;',
      '&#65;',
      ';',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?p',
      '?>',
      'x',
      ' ',
      '\n',
      ':',
      '测',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...marks), { maxLength: 30 }), (parts) => {
        const text = `<r>${parts.join('')}</r>`
        try {
          readXml(text)
        } catch (error) {
          assert.ok(error instanceof IntakeError, String(error))
          return
        }
        // What is taken is XML by another's judgement too.
        assert.equal(XMLValidator.validate(text), true, text)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('writeXml', () => {
  it('writes what another reader reads as the same', () => {
    const other = new XMLParser({
      attributeNamePrefix: '@',
      ignoreAttributes: false,
      parseTagValue: false,
      trimValues: false,
      processEntities: true,
      htmlEntities: true,
      onDangerousProperty: (name) => name,
      maxNestedTags: 100,
    })
    fc.assert(
      fc.property(xmlDocument('utf-8'), (document) => {
        const text = writeXml(document, 'UTF-8')
        assert.equal(XMLValidator.validate(text), true)
        const { '?xml': declaration, ...read } = other.parse(text)
        assert.deepEqual(declaration, { '@version': '1.0', '@encoding': 'UTF-8' })
        assert.deepEqual(read, document)
      }),
    )
  })

  it('writes numbers, booleans and null as texts, leaves out what is absent', () => {
    const document = { a: { '@n': 1, b: true, c: null, d: undefined, e: [1, null], f: [], '#text': 2.5 } }
    assert.equal(writeXml(document, undefined), '<a n="1">2.5<b>true</b><c></c><e>1</e><e></e></a>')
  })

  it('names what XML cannot hold', () => {
    for (const [document, path] of [
      [{ a: { b: ['x', '\u0001'] } }, 'a.b[1]'],
      [{ a: { '@b': '\u000b' } }, 'a.@b'],
      [{ a: { '1': 'x' } }, 'a.1'],
      [{ a: { 'b c': 'x' } }, 'a.b c'],
      [{ a: { 'b:c': 'x' } }, 'a.b:c'],
      [{ a: { '@': 'x' } }, 'a.@'],
      [{ a: { '@b': {} } }, 'a.@b'],
      [{ a: { '#text': [] } }, 'a.#text'],
      [{ a: { b: [[1]] } }, 'a.b[0]'],
      [{ a: { b: Number.NaN } }, 'a.b'],
      [{ a: () => 1 }, 'a'],
      [{}, undefined],
      [{ a: '1', b: '2' }, undefined],
      [{ a: [1, 2] }, undefined],
      [{ '@a': '1' }, undefined],
      ['a', undefined],
      [[{ a: 1 }], undefined],
    ] as const)
      assert.throws(
        () => writeXml(document, undefined),
        (error: { code?: string; details?: { path?: string } }) =>
          error.code === 'MAPPING_UNWRITABLE' && error.details?.path === path,
        JSON.stringify(document),
      )
    let deep: unknown = 'x'
    for (let depth = 0; depth < 5000; depth++) deep = { a: deep }
    assert.throws(() => writeXml(deep, undefined), /more than 64 deep/)
  })
})
