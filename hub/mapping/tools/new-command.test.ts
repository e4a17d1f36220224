import assert from 'node:assert/strict'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { openTools, type Tools } from '../../testing/captured-tools.ts'
import { loadSource } from '../registry/package-source.ts'
import { newPackage } from './skeleton/package-text.ts'
import { pinyinInitials } from './skeleton/pinyin-initials.ts'
import { readSample } from './skeleton/read-sample.ts'

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url))

describe('hub mapping new', () => {
  let tools: Tools
  beforeEach(() => {
    tools = openTools()
  })
  afterEach(() => tools.remove())

  const make = (id: string, sample: string, ...more: string[]) =>
    tools.run(['new', id, '--sample', join(tools.root, sample), '--json', ...more])
  const proposed = (json: { proposals: { source: string; target: string }[] }): Record<string, string> =>
    Object.fromEntries(json.proposals.map(({ source, target }) => [source, target]))

  it('proposes by national names, canonical names and lists inside lists', async () => {
    const { code, out, json } = await tools.run([
      'new',
      'city-a',
      '--sample',
      join(examples, 'case-gateway-json.json'),
      '--json',
    ])
    assert.equal(code, 0, out)
    const found = proposed(json)
    for (const [source, target] of Object.entries({
      'body.applyerPageCode': 'applicant.certificate.number',
      'body.applyDate': 'appliedAt',
      'body.hallName': 'receiving.hallName',
      'body.materials': 'materials',
      'body.materials[].getNum': 'materials[].originals',
      'body.materials[].materialCode': 'materials[].code',
      'body.materials[].files[].fileId': 'materials[].files[].id',
    }))
      assert.equal(found[source], target, source)
    assert.equal(json.message, 'CASE_APPLY')
    assert.ok(json.gaps.required.includes('jurisdiction.regionCode'))
    assert.ok(!json.gaps.unused.includes('head.apiCode'))
    assert.match(tools.read('mappings/city-a/format.yaml'), /^identify: "head\.apiCode"$/m)
    const mapping = tools.read('mappings/city-a/in/CASE_APPLY.jsonata')
    assert.match(mapping, /"appliedAt": \$readTime\(body\.applyDate, "yyyy-MM-dd HH:mm:ss"\)/)
    assert.match(mapping, /\/\* gap: "regionCode": 属地行政区划代码/)
  })

  it('proposes by pinyin initials, and gives a package that loads and whose test says what is missing', async () => {
    const { out, json } = await tools.run([
      'new',
      'city-b',
      '--sample',
      join(examples, 'case-pinyin-flat.json'),
      '--json',
    ])
    const found = proposed(json)
    assert.equal(found.SQRZJLX, 'applicant.certificate.type', out)
    assert.equal(found.FDDBR, 'applicant.legalRepresentative')
    assert.equal(found['SBCL[].CLMC'], 'materials[].name')
    const test = await tools.run(['test', 'city-b'])
    assert.equal(test.code, 1)
    assert.match(test.out, /refused: CODE_UNMAPPED \/applicant\/type ← SQRLX/)
    assert.match(test.out, /refused: FIELD_REQUIRED \/appliedAt/)
    const table = tools.read('mappings/city-b/codes/applicant-type.csv')
    assert.match(table, /^partner,canonical,label,note\n# gap: .*the sample has: 1\n# canonical 1: 自然人/)
  })

  it('gives a package in XML that reads its sample, with what it holds in fields and lists', async () => {
    tools.write(
      'a.xml',
      '<?xml version="1.0" encoding="GBK"?><!-- x --><ns:case xmlns:ns="urn:a"><applyerName>测试甲 &amp; 乙</applyerName><material code="M1"><materialName>审查表</materialName></material><material code="M2"><materialName><![CDATA[学历<证明>]]></materialName></material><attrXml>&lt;?xml version="1.0" encoding="gb2312"?&gt;&lt;ATTRS&gt;&lt;SQRSJ&gt;13800000001&lt;/SQRSJ&gt;&lt;/ATTRS&gt;</attrXml></ns:case>',
    )
    const xml = await make('city-xml', 'a.xml')
    assert.equal(xml.code, 0, xml.out)
    assert.equal(xml.json.media, 'xml')
    assert.equal(proposed(xml.json)['case.applyerName'], 'applicant.name')
    assert.equal(proposed(xml.json)['case.material[].materialName'], 'materials[].name')
    assert.equal(proposed(xml.json)['case.attrXml.ATTRS.SQRSJ'], 'applicant.mobile')
    const yaml = tools.read('mappings/city-xml/format.yaml')
    assert.match(yaml, /^media: xml\ncharset: utf-8\nlists:\n {2}- "case\.material"$/m)
    assert.match(yaml, /^embedded:\n {2}- \{"path":"case\.attrXml","media":"xml","declares":"GB2312"\}$/m)
    assert.equal(`${tools.read('mappings/city-xml/cases/样例/input.xml')}`, `${tools.read('a.xml')}\n`)
    const { code, out } = await tools.run(['test', 'city-xml'])
    assert.equal(code, 1)
    assert.match(out, /refused: FIELD_REQUIRED \/appliedAt/)
    assert.doesNotMatch(out, /applicant\/name|materials\/0\/name/)
  })

  it('gives a package for a form, in the charset of its percent signs', async () => {
    tools.write(
      'a.txt',
      'applyerName=%B2%E2%CA%D4%BC%D7&baseInfoXml=%3CRECORD%3E%3CSQRSJ%3E13800000001%3C%2FSQRSJ%3E%3C%2FRECORD%3E&f=1&f=2\n',
    )
    const { code, out, json } = await make('city-form', 'a.txt')
    assert.equal(code, 0, out)
    assert.equal(proposed(json)['baseInfoXml.RECORD.SQRSJ'], 'applicant.mobile')
    const yaml = tools.read('mappings/city-form/format.yaml')
    assert.match(yaml, /^media: form\ncharset: gb18030\nlists:\n {2}- "f"$/m)
    assert.match((await tools.run(['test', 'city-form'])).out, /1 case\(s\), 1 fail/)
  })

  it('gives a package for delimited text: with kinds of lines, or with a line of names', async () => {
    tools.write('b.txt', 'applyerName|applyDate|LXDH\n测试甲|20260930101205|13800000001\n')
    const text = await make('city-text', 'b.txt')
    assert.equal(text.json.media, 'delimited')
    assert.match(
      tools.read('mappings/city-text/in/CASE_SUBMITTED.jsonata'),
      /\$readTime\(D\.applyDate, "yyyyMMddHHmmss"\)/,
    )
    assert.match(
      tools.read('mappings/city-text/format.yaml'),
      /^ {4}D: \["type","applyerName","applyDate","LXDH"\]$/m,
    )
    assert.equal(
      tools.read('mappings/city-text/cases/样例/input.txt'),
      'D|测试甲|20260930101205|13800000001\n',
    )
    tools.write('c.txt', 'H|HN|411525\nD|1|测试乙|\nD|2|测试丙|x\nT|2\n')
    const kinds = await make('city-kinds', 'c.txt')
    assert.equal(kinds.code, 0, kinds.out)
    assert.match(
      tools.read('mappings/city-kinds/format.yaml'),
      /^# gap: what the columns are called\ndelimited:\n {2}delimiter: "\|"\n {2}records:\n {4}H: \["type","F2","F3"\]\n {4}D: \["type","F2","F3","F4"\]\n {4}T: \["type","F2"\]$/m,
    )
    assert.equal(tools.read('mappings/city-kinds/cases/样例/input.txt'), 'H|HN|411525\nD|1|测试乙|\nT|2\n')
  })

  it('is called wrongly for a bad id, a package that exists, or a sample that cannot be read', async () => {
    tools.write('a.json', '{"a":1}')
    for (const [file, text] of Object.entries({
      'empty.json': ' ',
      'list.json': '[]',
      'half.json': '{',
      'doctype.xml': '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
      'open.xml': '<a><b></a>',
      'word.txt': 'hello',
    })) {
      tools.write(file, text)
      assert.equal((await make('city-c', file)).code, 2, file)
    }
    assert.equal((await make('City', 'a.json')).code, 2)
    assert.equal((await make('city-c', 'none.json')).code, 2)
    assert.equal((await make('city-c', 'a.json', '--type', 'case.nothing')).code, 2)
    assert.equal((await make('city-c', 'a.json')).code, 0)
    const again = await make('city-c', 'a.json')
    assert.equal(again.code, 2)
    assert.match(again.out, /exists already; nothing is overwritten/)
  })

  it('gives a package that loads for any document', () => {
    const key = fc.oneof(
      fc.constantFrom(
        'applyerName',
        'SQRMC',
        '申请人',
        'and',
        '*/',
        'a b',
        '"',
        '`',
        '__proto__',
        'materials',
        'applyType',
        '日期',
      ),
      fc.string({ maxLength: 8 }),
    )
    const { document } = fc.letrec((tie) => ({
      leaf: fc.oneof(fc.string(), fc.integer(), fc.constantFrom(null, true, '2026-09-30 10:00:00', '1')),
      list: fc.array(fc.oneof(tie('leaf'), tie('document')), { maxLength: 3 }),
      document: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('document'), tie('list')), {
        maxKeys: 5,
      }),
    }))
    fc.assert(
      fc.property(document, (made) => {
        const sample = {
          media: 'json' as const,
          charset: 'utf-8' as const,
          lists: [],
          embedded: [],
          document: made as Record<string, unknown>,
        }
        const { files, schema } = newPackage('made-up', 'case.submitted', sample)
        const { faults } = loadSource({ format: 'made-up', files, shared: new Map(), partnerSchemas: schema })
        assert.deepEqual(faults, [])
      }),
      { numRuns: 150 },
    )
  })
})

describe('samples and initials', () => {
  it('are read in GB 18030 too', () => {
    const bytes = Uint8Array.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xb2, 0xe2, 0xca, 0xd4, 0x22, 0x7d])
    assert.deepEqual(readSample(bytes), {
      media: 'json',
      charset: 'gb18030',
      document: { a: '测试' },
      embedded: [],
      lists: [],
    })
  })

  it('are the first letters of the usual readings', () => {
    for (const [text, initials] of Object.entries({
      申请人证件类型: 'SQRZJLX',
      行政区划代码: 'XZQHDM',
      法定代表人: 'FDDBR',
      '材料（A4）': 'CLA4',
      额外安排: 'EWAP',
      区县: 'QX',
    }))
      assert.equal(pinyinInitials(text), initials)
  })
})
