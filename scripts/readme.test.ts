import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The shell blocks of a page that talk to the running hub, in order. */
function requestsOf(page: string): string[] {
  const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)]
  return blocks.map((block) => block[1] as string).filter((block) => block.includes('curl'))
}

describe('the commands of the README', function () {
  this.timeout(60_000)
  let folder: string
  let province: ReturnType<typeof spawn>
  let address: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-readme-'))
    const parameters = [join(root, 'simulators/province/start.ts'), '--data', folder]
    province = spawn(process.execPath, parameters, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
    address = await new Promise((resolve, reject) => {
      let said = ''
      province.stdout?.on('data', (chunk: Buffer) => {
        said += chunk
        const found = /Hub\s+(http:\/\/\S+)/.exec(said)
        if (found !== null) resolve(found[1] as string)
      })
      province.once('exit', () => reject(new Error(`npm start ended early:\n${said}`)))
    })
  })
  after(async () => {
    province.kill('SIGTERM')
    await once(province, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })

  const run = (block: string): string => {
    const here = block
      .replaceAll('http://127.0.0.1:8080', address)
      .replaceAll('npm run -s hub --', `'${process.execPath}' hub/cli.ts`)
    const environment = { ...process.env, HUB_DATA_DIR: folder }
    return execFileSync('sh', ['-ec', here], { cwd: root, encoding: 'utf8', env: environment })
  }

  it('do what the README says, in both languages', () => {
    const english = requestsOf('README.md')
    assert.deepEqual(requestsOf('README.zh-CN.md'), english)
    const [submit = '', look = '', judge = ''] = english
    const first = JSON.parse(run(submit))
    assert.match(first.receipt.digest, /^sm3:[0-9a-f]{64}$/)
    assert.deepEqual(JSON.parse(run(submit)), first, 'sent again it gives the same answer')
    const [found = '', timeline = ''] = run(look).replaceAll('}{', '}\n{').split('\n')
    assert.equal(JSON.parse(found).caseNo, first.caseNo)
    assert.equal(JSON.parse(timeline).messages[0].messageId, first.messageId)
    assert.equal(JSON.parse(run(judge)).valid, true)
  })
})
