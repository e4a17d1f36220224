import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError } from 'commander'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { staticCommands } from './command-static.ts'
import { type ExitCode, endsWithUsage, type ToolHost } from './tool-host.ts'

const project = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

describe('the static commands of hub mapping', () => {
  let root: string
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'static-tools-'))
    mkdirSync(join(root, 'schemas'))
    for (const folder of ['_shared', 'gateway-json', 'pinyin-flat'])
      cpSync(join(project, 'mappings', folder), join(root, 'mappings', folder), { recursive: true })
    for (const folder of ['gateway-json', 'pinyin-flat'])
      cpSync(join(project, 'schemas/formats', folder), join(root, 'schemas', folder), { recursive: true })
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  async function run(...args: string[]): Promise<{ code: ExitCode | undefined; out: string; err: string }> {
    const out: string[] = []
    const err: string[] = []
    let code: ExitCode | undefined
    const host: ToolHost = {
      environment: { HUB_MAPPINGS_DIR: join(root, 'mappings'), HUB_DATA_DIR: join(root, 'data') },
      clock: new VirtualClock(),
      user: 'tester',
      formatSchemas: join(root, 'schemas'),
      print: (text) => void out.push(text),
      complain: (text) => void err.push(text),
      finish(given) {
        code = given
      },
      stopping: new AbortController().signal,
    }
    const command = new Command('mapping')
    for (const one of staticCommands(host)) command.addCommand(one)
    await endsWithUsage(command, host)
      .parseAsync(args, { from: 'user' })
      .catch((error: unknown) => {
        if (!(error instanceof CommanderError)) throw error
      })
    return { code, out: out.join('\n'), err: err.join('\n') }
  }

  const withChanged = async (file: string, from: string, to: string, work: () => Promise<void>) => {
    const path = join(root, file)
    const text = readFileSync(path, 'utf8')
    assert.ok(text.includes(from), `${file} has no ${from}`)
    writeFileSync(path, text.replace(from, to))
    await work().finally(() => writeFileSync(path, text))
  }

  it('lint ends with 0 on warnings and with 1 on errors, and says both languages', async () => {
    const { code, out } = await run('lint', '--all')
    assert.equal(code, 0, out)
    assert.match(out, /✓ gateway-json, pinyin-flat: 0 error\(s\), \d+ warning\(s\)$/)
    await withChanged(
      'mappings/gateway-json/in/CASE_WITHDRAW.jsonata',
      'body.reason',
      'body.reasn',
      async () => {
        const broken = await run('lint', 'gateway-json')
        assert.equal(broken.code, 1)
        assert.match(
          broken.out,
          /✗ mappings\/gateway-json\/in\/CASE_WITHDRAW\.jsonata:8:29 {2}SOURCE_PATH\n {4}reasn\n {4}来源模式中没有字段 body\.reasn \/ The source's schema has no field body\.reasn\n {4}→ 是否应为 reason？ \/ Did you mean reason\?/,
        )
        const { errors, findings } = JSON.parse((await run('lint', 'gateway-json', '--json')).out)
        assert.equal(errors, 1)
        const found = findings.find(({ severity }: { severity: string }) => severity === 'error')
        assert.equal(found.suggestion, 'reason')
        assert.equal((await run('lint', 'pinyin-flat')).code, 0)
      },
    )
  }).timeout(30_000)

  it('lint takes a silenced warning for none', async () => {
    const file = 'mappings/pinyin-flat/in/BZGZ.jsonata'
    const warnings = async () =>
      JSON.parse((await run('lint', 'pinyin-flat', '--json')).out).warnings as number
    assert.equal(await warnings(), 0)
    await withChanged(file, 'lint-ok TARGET_LENGTH: ', '', async () => {
      assert.equal(await warnings(), 1)
    })
  }).timeout(30_000)

  it('lineage prints one mapping, all, or the way back', async () => {
    const one = await run('lineage', 'gateway-json', '--message', 'CASE_WITHDRAW')
    assert.equal(one.code, 0)
    assert.match(one.out, /^in\/CASE_WITHDRAW \(case\.withdrawn\): \d+ target field\(s\)/)
    assert.match(one.out, /data\.reason +← body\.reason/)
    const back = await run('lineage', 'gateway-json', '--reverse', 'body.reason')
    assert.match(
      back.out,
      /in\/CASE_WITHDRAW {2}body\.reason → data\.reason {2}mappings\/gateway-json\/in\/CASE_WITHDRAW/,
    )
    const json = JSON.parse((await run('lineage', 'gateway-json', '--json')).out)
    assert.ok(json.mappings.length > 20)
    const nothing = await run('lineage', 'gateway-json', '--reverse', 'body.nowhere')
    assert.match(nothing.out, /Nothing in gateway-json reads body\.nowhere/)
  })

  it('coverage prints what the text covers and what the cases reach', async () => {
    const { code, out } = await run('coverage', 'gateway-json')
    assert.equal(code, 0, out)
    assert.match(
      out,
      /gateway-json: required fields \d+\/\d+ \([\d.]+ %\), code values \d+\/\d+ \([\d.]+ %\)/,
    )
    assert.match(out, /\d+ case\(s\) reach branches \d+\/\d+ .*, defaults .*, code rows /)
    const json = JSON.parse((await run('coverage', 'gateway-json', '--json')).out)
    assert.equal(json.cases.branches.total - json.cases.branches.covered > 0, true)
    assert.equal(json.static.codes.length > 10, true)
    await withChanged('mappings/gateway-json/in/CASE_WITHDRAW.jsonata', '{', '[', async () => {
      assert.equal((await run('coverage', 'gateway-json')).code, 1)
    })
  }).timeout(30_000)

  it('impact names what a new version touches, and ends with 1 where cases would fail', async () => {
    const old = join(root, 'schemas/gateway-json/messages.schema.json')
    const schema = JSON.parse(readFileSync(old, 'utf8'))
    schema.$defs.CASE_WITHDRAW.properties.body.properties.reason.maxLength = 1999
    const now = join(root, 'now.json')
    writeFileSync(now, JSON.stringify(schema))
    const small = await run('impact', old, now)
    assert.equal(small.code, 0, small.out)
    assert.match(small.out, /! CASE_WITHDRAW body\.reason maxLength {2}2000 → 1999/)
    assert.match(small.out, /makes mappings\/gateway-json\/out\/case\.withdrawn\.jsonata:8:5: body\.reason/)
    delete schema.$defs.file.properties.digest
    writeFileSync(now, JSON.stringify(schema))
    const large = await run('impact', old, now, '--json')
    assert.equal(large.code, 1)
    assert.ok(JSON.parse(large.out).failing.length > 0)
  }).timeout(30_000)

  it('ends with 2 and says what is there, where a command is called wrongly', async () => {
    for (const args of [
      ['lint'],
      ['lint', 'gateway-json', '--all'],
      ['lint', 'nowhere'],
      ['lineage', 'gateway-json', '--message', 'NOWHERE'],
      ['impact', join(root, 'none.json'), join(root, 'none.json')],
      ['coverage', 'gateway-json', '--nothing'],
    ]) {
      const { code, out, err } = await run(...args)
      assert.deepEqual({ args, code, out }, { args, code: 2, out: '' })
      assert.ok(err.length > 10, err)
    }
  })

  it('can be called from a shell', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['hub/cli.ts', 'mapping', 'lint', '--all', '--json'],
      { cwd: project, encoding: 'utf8', env: { ...process.env, HUB_MAPPINGS_DIR: join(root, 'mappings') } },
    )
    assert.equal(status, 0, stderr)
    assert.deepEqual(JSON.parse(stdout).formats, ['gateway-json', 'pinyin-flat'])
  }).timeout(30_000)
})
