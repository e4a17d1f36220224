import assert from 'node:assert/strict'
import type { AstNode } from './ast.ts'
import { parse } from './engine/parse.ts'
import { type Lineage, lineageOf } from './lineage.ts'
import { type SchemaNode, schemaPaths } from './schema-paths.ts'

function of(source: string, schema?: SchemaNode): Lineage {
  const paths = schema === undefined ? undefined : schemaPaths(schema, () => undefined)
  return lineageOf(parse(source) as AstNode, paths?.isArray)
}

/** `target ← sources | controls`, a constant marked with `=`. */
function lines(source: string, schema?: SchemaNode): string[] {
  return of(source, schema).entries.map(
    ({ target, sources, controls, constant }) =>
      `${target} ← ${[...sources, ...(constant ? ['='] : [])].join(' ')}${controls.length === 0 ? '' : ` | ${controls.join(' ')}`}`,
  )
}

const group: SchemaNode = {
  properties: {
    groups: { items: { properties: { name: {}, items: { items: { properties: { size: {} } } } } } },
  },
}

describe('lineageOf', () => {
  it('follows object constructors, paths and literals', () => {
    assert.deepEqual(lines('{ "a": body.x, "b": { "c": body.y.z, "d": 1 }, "e": {} }'), [
      'a ← body.x',
      'b.c ← body.y.z',
      'b.d ← =',
      'e ← =',
    ])
  })

  it('follows arrays made by paths, nested', () => {
    assert.deepEqual(lines('{ "m": [body.m.{ "n": name, "f": [files.{ "s": $round(size) }] }] }'), [
      'm[].f[].s ← body.m[].files[].size',
      'm[].n ← body.m[].name',
    ])
  })

  it('takes a path that is not wrapped in brackets for one value, unless its source is known to be an array', () => {
    assert.deepEqual(lines('{ "a": body.x.{ "n": name } }'), ['a.n ← body.x.name'])
    assert.deepEqual(lines('{ "a": groups.{ "n": name } }', group), ['a[].n ← groups[].name'])
  })

  it('follows variables, blocks and functions of the mapping', () => {
    assert.deepEqual(
      lines(
        '( $b := body; $c := function($t, $n) {{ "type": $t, "number": $n }}; { "x": $c($b.t, $b.n), "y": $b.y } )',
      ),
      ['x.number ← body.n', 'x.type ← body.t', 'y ← body.y'],
    )
    assert.deepEqual(lines('( $one := function($m) {{ "n": $m.name }}; { "m": [body.m.$one($)] } )'), [
      'm[].n ← body.m[].name',
    ])
    assert.deepEqual(lines('( $one := function($m) {{ "n": $m.name }}; { "m": [$map(body.m, $one)] } )'), [
      'm[].n ← body.m[].name',
    ])
  })

  it('ends at a function that calls itself', () => {
    assert.deepEqual(
      lines('( $f := function($x) { $x.a = 1 ? $x.b : $f($x.c) }; { "y": $f(body) } )').length,
      1,
    )
  })

  it('keeps decisions apart from values', () => {
    assert.deepEqual(lines('{ "a": kind = "1" ? x : y, "b": x ?? y, "c": x ?: "none" }'), [
      'a ← x y | kind',
      'b ← x y',
      'c ← x =',
    ])
    assert.deepEqual(lines('{ "a": [body.m[kind = "1"].{ "n": name }] }'), [
      'a[].n ← body.m[].name | body.m[].kind',
    ])
    assert.deepEqual(lines('{ "a": $filter(body.m, function($m) { $m.kind = "1" }).name }'), [
      'a ← body.m.name | body.m.kind',
    ])
    assert.deepEqual(lines('{ "a": [body.m^(rank).{ "n": name }] }'), [
      'a[].n ← body.m[].name | body.m[].rank',
    ])
  })

  it('follows functions of the language', () => {
    assert.deepEqual(
      lines('{ "a": $map(body.m, function($m, $i) {{ "n": $m.name }}) }', {
        properties: { body: { properties: { m: { items: {} } } } },
      }),
      ['a[].n ← body.m[].name'],
    )
    assert.deepEqual(lines('$merge([{ "a": x }, { "b": y }])'), ['a ← x', 'b ← y'])
    assert.deepEqual(
      lines(
        '{ "a": $lookup({ "1": "one" }, k), "b": $lookup($case.ids, $receiver.id), "c": $lookup(t, "k") }',
      ),
      ['a ← k', 'b ← $case.ids.* | $receiver.id', 'c ← t.k'],
    )
    assert.deepEqual(lines('{ "a": [$append(x, y.{ "n": z })] }'), ['a[] ← x[]', 'a[].n ← y[].z'])
    assert.deepEqual(
      lines(
        '{ "a": $substring(x, 1) & y, "b": $now(), "c": x ~> $uppercase, "d": y ~> $substring(1), "e": -z }',
      ),
      ['a ← x y', 'b ← $now()', 'c ← x', 'd ← y', 'e ← z'],
    )
    assert.deepEqual(lines('{ "a": x.$uppercase(), "b": $sum(m.n), "c": $count(m) }'), [
      'a ← x',
      'b ← m.n',
      'c ← m',
    ])
  })

  it('says which parts of the document are read', () => {
    assert.deepEqual(of('( $unused := a; { "x": $exists(b) ? c, "y": $sender.id } )').read, ['b', 'c'])
  })

  it('knows wildcards and dynamic keys only roughly', () => {
    assert.deepEqual(lines('{ "a": body.*.x, "b": body.**.y }'), ['a ← body.*.x', 'b ← body.**.y'])
    assert.deepEqual(lines('m{ k: $sum(v) }'), [' ← m m.k m.v'])
  })
})

describe('sourceOf', () => {
  it('fills in indexes where the n-th element makes the n-th', () => {
    const { sourceOf } = of(
      '{ "m": [body.m.{ "n": name, "f": [files.{ "s": $round(size) }] }], "ids": [body.ids] }',
    )
    assert.equal(sourceOf('/m/2/f/1/s'), 'body.m[2].files[1].size')
    assert.equal(sourceOf('/m/0/n'), 'body.m[0].name')
    assert.equal(sourceOf('/ids/3'), 'body.ids[3]')
  })

  it('leaves an index open that it cannot know', () => {
    assert.equal(of('{ "m": [body.m[kind = "1"].{ "n": name }] }').sourceOf('/m/2/n'), 'body.m[].name')
    assert.equal(of('{ "m": [body.m^(rank).{ "n": name }] }').sourceOf('/m/2/n'), 'body.m[].name')
    // A step that may give nothing shifts those behind it.
    assert.equal(of('{ "m": [body.m.$uppercase(name)] }').sourceOf('/m/2'), 'body.m[].name')
    assert.equal(of('{ "m": [body.a.{ "n": x }, body.b.{ "n": x }] }').sourceOf('/m/2/n'), 'body.a[].x')
    assert.equal(
      of('{ "m": [groups.items.{ "s": size }] }', group).sourceOf('/m/2/s'),
      'groups[].items[].size',
    )
  })

  it('knows a picked element', () => {
    assert.equal(of('{ "a": body.m[0].name, "b": body.m[-1].name }').sourceOf('/a'), 'body.m[0].name')
    assert.equal(of('{ "a": body.m[0].name, "b": body.m[-1].name }').sourceOf('/b'), 'body.m[].name')
  })

  it('goes on into a part that is copied whole, and not into a computed one', () => {
    const { sourceOf } = of('{ "form": body.form, "hash": $string(body.form) & "" }')
    assert.equal(sourceOf('/form/a b/0/c'), 'body.form["a b"][0].c')
    assert.equal(sourceOf('/hash/a'), 'body.form')
  })

  it('takes the first of several sources that the document has', () => {
    const { sourceOf } = of('{ "a": body.x ?? body.y }')
    assert.equal(sourceOf('/a', { body: { y: 1 } }), 'body.y')
    assert.equal(sourceOf('/a', { body: {} }), 'body.x')
  })

  it('names what the sources of a part have in common', () => {
    const { sourceOf } = of('{ "m": [body.m.{ "n": name, "c": code }], "o": { "p": body.p } }')
    assert.equal(sourceOf('/m/1'), 'body.m[1]')
    assert.equal(sourceOf('/m'), 'body.m')
    assert.equal(sourceOf('/o'), 'body.p')
    assert.equal(sourceOf('/nowhere'), undefined)
  })
})

describe('sourceOfCall', () => {
  it('names the one path that a call reads', () => {
    const source = '{ "a": "x" & $readTime(body.t, "yyyyMMdd"), "b": $f(x, y) }'
    const lineage = of(source)
    assert.equal(lineage.sourceOfCall(source.indexOf('$readTime')), 'body.t')
    assert.equal(lineage.sourceOfCall(source.indexOf('$f(')), undefined)
    assert.equal(lineage.sourceOfCall(source.indexOf('$f('), { y: 1 }), 'y')
    assert.equal(lineage.sourceOfCall(0), undefined)
  })
})
