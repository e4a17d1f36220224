/** `npm start` without `--once`: shows the annex cases, says how to send one by hand, and serves until asked to stop. */
import { relative } from 'node:path'
import type { WindowCase } from '../acceptance/window.ts'
import { machineTime } from '../time.ts'
import { awaitEnding } from './ending.ts'
import { handIn } from './hand-in.ts'
import { lastLines } from './hub-process.ts'
import { logFileIn, type Running, secretsFileIn } from './running.ts'

/** Answers the exit code: 0 when it was asked to stop, 1 when the hub ended by itself. */
export async function keepServing(running: Running, dataDir: string, asked: AbortSignal): Promise<number> {
  const stopped = new Promise<'asked'>((resolve) => {
    if (asked.aborted) resolve('asked')
    asked.addEventListener('abort', () => resolve('asked'))
  })
  const gone = running.hub().exited.then(() => 'gone' as const)
  const shown = show(running, dataDir, asked).then(() => stopped)
  const why = await Promise.race([stopped, gone, shown])
  if (why === 'asked') console.log('\n正在停止 / Stopping …')
  await running.stop()
  if (why === 'asked') return 0
  console.error('The hub has ended by itself.')
  for (const line of lastLines(logFileIn(dataDir))) console.error(line)
  return 1
}

async function show(running: Running, dataDir: string, signal: AbortSignal): Promise<void> {
  const { province } = running
  const cases: WindowCase[] = []
  try {
    await handIn(province, cases, signal)
    const { closed, refused, submitted, deliveries, stuck } = await awaitEnding(
      province,
      cases,
      machineTime,
      signal,
    )
    const zh = `${submitted} 件：${closed} 已送达，${refused} 不予受理；投递成功 ${deliveries.delivered} 次`
    const en = `${submitted} cases: ${closed} closed, ${refused} refused; ${deliveries.delivered} deliveries made`
    console.log(`\n${zh} / ${en}.`)
    for (const words of stuck) console.error(`stuck: ${words}`)
  } catch (error) {
    if (signal.aborted) return
    console.error(error instanceof Error ? error.message : error)
  }
  printHints(running, dataDir)
}

/** The commands work as they are printed, from the project's folder. */
function printHints({ hub, province }: Running, dataDir: string): void {
  const { address } = hub()
  const below = relative(process.cwd(), dataDir)
  const folder = below.startsWith('..') ? dataDir : below || '.'
  const environment = folder === 'data' ? '' : `HUB_DATA_DIR=${folder} `
  const example = 'examples/case-gateway-json.json'
  const sign = `${environment}npm run -s hub -- sign --system city-411300`
  const media = "'content-type: application/json; charset=utf-8'"
  console.log(`
平台 Hub           ${address}   日志 log: ${logFileIn(folder)}
模拟全省 Province  ${province.address}
凭证 Credentials   系统 system city-411300，密钥 key city-411300-k1，密文 secret: CITY_411300_KEY in ${secretsFileIn(folder)}

试一试 Try it, in another terminal in the project's folder:

  ${sign} --method POST --path /v1/cases --body ${example} | curl -sS ${address}/v1/cases -H @- -H ${media} --data-binary @${example}

查办件 Look it up, with the caseNo of the answer in place of NO:

  ${sign} --path /v1/cases/NO/messages | curl -sS ${address}/v1/cases/NO/messages -H @-

Ctrl-C 停止 to stop.`)
}
