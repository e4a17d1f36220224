import assert from 'node:assert/strict'
import fc from 'fast-check'
import { carriable, documentOf, escapeAttribute, escapeText, textOf } from './element.ts'
import { scanXml } from './scan.ts'
import { type XmlElement, XmlRefused } from './tree.ts'

describe('XML scan', () => {
  const refused: readonly (readonly [title: string, text: string, words: RegExp])[] = [
    ['nothing', '', /no element/],
    ['text alone', 'hello', /outside the root/],
    ['a second root', '<a/><b/>', /second root/],
    ['text behind the root', '<a/>x', /outside the root/],
    ['an element left open', '<a><b></b>', /<a> is not closed/],
    ['elements that overlap', '<a><b></a></b>', /<b> is closed by another/],
    ['an end tag whose name goes on', '<a></ab>', /closed by another/],
    ['an end tag alone', '</a>', /nothing is open/],
    ['an end tag with a slash behind', '<a></a/>', /closed by another/],
    ['a tag without a name', '<a>< b/></a>', /no name/],
    ['a name that begins with a digit', '<1a/>', /no name/],
    ['a name with two colons', '<a:b:c xmlns:a="u"/>', /not well-formed/],
    ['an attribute without a value', '<a b/>', /not well-formed/],
    ['an attribute without quotes', '<a b=c/>', /not well-formed/],
    ['an attribute without space before it', '<a b="1"c="2"/>', /not well-formed/],
    ['< in a value', '<a b="<"/>', /not well-formed/],
    ['an attribute twice', '<a b="1" b="2"/>', /b stands twice/],
    [
      'an attribute twice by another prefix',
      '<a xmlns:x="u" xmlns:y="u" x:b="1" y:b="2"/>',
      /b stands twice/,
    ],
    ['a prefix that is not declared', '<w:a/>', /prefix w is not declared/],
    ['a prefix out of scope', '<a><b xmlns:w="u"/><w:c/></a>', /prefix w is not declared/],
    ['an attribute prefix that is not declared', '<a w:b="1"/>', /prefix w is not declared/],
    ['a prefix declared as nothing', '<a xmlns:w=""/>', /cannot be declared/],
    ['the prefix xmlns declared', '<a xmlns:xmlns="u"/>', /cannot be declared/],
    ['the prefix xml declared otherwise', '<a xmlns:xml="u"/>', /cannot be declared/],
    ['an entity of its own', '<a>&secret;</a>', /reference/],
    ['an entity of its own in a value', '<a b="&secret;"/>', /reference/],
    ['an ampersand alone', '<a>a & b</a>', /reference/],
    ['a reference to no character', '<a>&#0;</a>', /no character of XML/],
    ['a reference to half a pair', '<a>&#xD800;</a>', /no character of XML/],
    ['a reference beyond Unicode', '<a>&#x110000;</a>', /no character of XML/],
    ['a reference of many digits', `<a>&#${'9'.repeat(400)};</a>`, /reference/],
    ['a control character', '<a>\u0001</a>', /a character that XML does not have/],
    ['NUL', '<a>\0</a>', /a character that XML does not have/],
    ['half a pair', '<a>\ud800</a>', /a character that XML does not have/],
    ['U+FFFF', '<a>\uffff</a>', /a character that XML does not have/],
    ['a byte order mark in the middle of the prolog', ' \ufeff<a/>', /outside the root/],
    ['a DOCTYPE', '<!DOCTYPE a><a/>', /declaration such as DOCTYPE/],
    ['a DOCTYPE with entities', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', /declaration such as DOCTYPE/],
    ['a DOCTYPE in lower case', '<!doctype a><a/>', /declaration such as DOCTYPE/],
    ['an element declaration inside', '<a><!ELEMENT b ANY></a>', /declaration such as DOCTYPE/],
    ['a CDATA section outside the root', '<![CDATA[x]]><a/>', /declaration such as DOCTYPE/],
    ['a CDATA section left open', '<a><![CDATA[x</a>', /CDATA section is not closed/],
    ['a comment left open', '<a><!-- x</a>', /comment is not closed/],
    ['two hyphens in a comment', '<a><!-- x -- y --></a>', /comment is not closed/],
    [']]> in text', '<a>]]></a>', /]]> outside/],
    ['a processing instruction', '<?xml-stylesheet href="x"?><a/>', /processing instruction/],
    ['an XML declaration in the middle', '<a><?xml version="1.0"?></a>', /processing instruction/],
    ['an XML declaration behind a space', ' <?xml version="1.0"?><a/>', /processing instruction/],
  ]
  for (const [title, text, words] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(
        () => scanXml(text),
        (error) => error instanceof XmlRefused && error.kind === 'form' && words.test(error.message),
      )
    })
  }

  const limits: readonly (readonly [string, string, boolean])[] = [
    ['64 elements within each other', '<a>'.repeat(64) + '</a>'.repeat(64), true],
    ['65 elements within each other', '<a>'.repeat(65) + '</a>'.repeat(65), false],
    ['256 attributes', `<a${names(256)}/>`, true],
    ['257 attributes', `<a${names(257)}/>`, false],
    ['100,000 elements', `<a>${'<b/>'.repeat(99_999)}</a>`, true],
    ['100,001 elements', `<a>${'<b/>'.repeat(100_000)}</a>`, false],
  ]
  for (const [title, text, taken] of limits) {
    it(`${taken ? 'takes' : 'refuses'} ${title}`, () => {
      if (taken) scanXml(text)
      else
        assert.throws(
          () => scanXml(text),
          (error) => error instanceof XmlRefused && error.kind === 'limit',
        )
    })
  }

  function names(count: number): string {
    return Array.from({ length: count }, (_, index) => ` a${index}=""`).join('')
  }

  it('tells line and column of what is wrong', () => {
    assert.throws(() => scanXml('<a>\n  <b>\n  </c>\n</a>'), /line 3, column 3: <b> is closed/)
  })

  it('takes names of the Object prototype as names', () => {
    const root = scanXml(
      '<__proto__ constructor="1"><constructor xmlns:__proto__="u" __proto__:x="2"/></__proto__>',
    )
    assert.deepEqual([root.local, root.children[0]?.local], ['__proto__', 'constructor'])
    assert.equal(root.children[0]?.attributes[0]?.namespace, 'u')
  })

  it('knows default namespaces, and none for attributes without a prefix', () => {
    const root = scanXml('<a xmlns="urn:1" b="x"><c xmlns=""/><d xmlns="urn:2"/><e/></a>')
    assert.deepEqual(
      [root, ...root.children].map(({ namespace }) => namespace),
      ['urn:1', '', 'urn:2', 'urn:1'],
    )
    assert.equal(root.attributes[0]?.namespace, '')
  })

  it('writes and reads back any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }).map(carriable), (text) => {
        const source = `<a b="${escapeAttribute(text)}">${escapeText(text)}</a>`
        const root = scanXml(source)
        assert.equal(textOf(source, root), text)
        assert.equal(root.attributes[0]?.value, text)
      }),
    )
  })

  it('cuts an element out as a document that means the same', () => {
    const tree = fc.letrec<{ element: string }>((tie) => ({
      element: fc
        .tuple(
          fc.constantFrom('a', 'w:a', 'x:b', 'c'),
          fc.constantFrom('', ' xmlns="urn:d"', ' xmlns=""', ' xmlns:w="urn:other"', ' x:t="w:q" d=">"'),
          fc.array(
            fc.oneof({ maxDepth: 3 }, fc.constantFrom('text', '<![CDATA[<w:no>]]>', '&amp;'), tie('element')),
            {
              maxLength: 3,
            },
          ),
        )
        .map(([name, attributes, content]) => `<${name}${attributes}>${content.join('')}</${name}>`),
    })).element
    fc.assert(
      fc.property(tree, (inner) => {
        const source = `<r xmlns="urn:r&amp;" xmlns:w="urn:w" xmlns:x="urn:x" xmlns:unused="urn:u"><s>${inner}</s></r>`
        const element = scanXml(source).children[0]?.children[0] as XmlElement
        const alone = documentOf(source, element)
        assert.ok(!alone.includes('unused'))
        assert.deepEqual(outline(alone, scanXml(alone)), outline(source, element))
      }),
    )
  })

  function outline(source: string, element: XmlElement): unknown {
    const { namespace, local, attributes, children } = element
    return [
      namespace,
      local,
      attributes.map((item) => [item.namespace, item.local, item.value]),
      textOf(source, element),
      children.map((child) => outline(source, child)),
    ]
  }

  it('never throws anything but a refusal, and ends, whatever it reads', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      'w:',
      '="',
      '"',
      "'",
      ' ',
      '&',
      ';',
      '#x41',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      'xmlns',
      '\0',
      '测',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          scanXml(pieces.join(''))
        } catch (error) {
          assert.ok(error instanceof XmlRefused, String(error))
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
