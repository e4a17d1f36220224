/** The front database of the natural resources authority: what it made for the hub to write in, and for itself. */
import type { IncomingTable, OutgoingTable } from '../partner-format.ts'

type Engine = 'postgresql' | 'mysql'

/** Columns by what they hold; `?` after a name: may be empty. */
interface Columns {
  /** `name:characters` */
  readonly texts: string
  readonly times?: string
  readonly days?: string
  readonly numbers?: string
  readonly tenths?: string
  readonly longTexts?: string
  readonly key: readonly string[]
}

const STAMP = 'cd_operation:1 cd_batch:32 data_source:3'
const ROW = `row_guid:50 project_no:50 local_project_no?:50 ${STAMP} is_sync:1`
const CLERK = 'handle_user_id?:64 handle_user_name?:100 remark?:2000'
const PARCEL = 'express_company?:100 express_no?:50'
const NATIONAL_TIMES = 'cd_time update_time?'

const OWN =
  'ORGBUSNO:36 PROJID:50 STDVER:10 CD_OPERATION?:1 PROCUNIT?:64 PROCUNITNAME:200 NODEPROCER?:64 NODEPROCERNAME:100 REMARK?:2000 SIGNSTATE:1 ISOK?:1 EXT1?:2000'
const NODE = `${OWN} NODENAME:200 NODESTATE:2 DOCNO?:100`

const TABLES: Readonly<Record<string, Columns>> = {
  UP_PRO_ACCEPT: {
    texts: `${ROW} ${CLERK} project_name?:500 project_type?:2 catalog_code?:12 task_code:36 task_handle_item?:50
      task_name?:1000 scene_code:2 apply_type:2 applyer_type:2 applyer_name:200 applyer_page_type:70 applyer_page_code:500
      legal?:100 applyer_mobile?:11 applyer_phone?:20 address?:300 zip_code?:6 agent_name?:100 agent_page_type?:70
      agent_page_code?:500 agent_mobile?:11 contact_name?:100 contact_type?:70 contact_code?:500 contact_mobile?:11
      contact_phone?:20 accept_area_code:12 hall_id?:50 hall_name?:200 window_id?:50 handle_area_code:12 org_code?:64
      org_name?:200 is_delivery_results?:1 delivery_type?:1 receiver_name?:100 receiver_address?:300 receiver_mobile?:11`,
    times: `${NATIONAL_TIMES} apply_date accept_date`,
    numbers: 'task_version?',
    longTexts: 'form_content?',
    key: ['row_guid'],
  },
  UP_PRO_SUPPLEMENT: {
    texts: `${ROW} ${CLERK} notice_no?:100`,
    times: `${NATIONAL_TIMES} supplement_date`,
    numbers: 'correct_times?',
    longTexts: 'form_content?',
    key: ['row_guid'],
  },
  UP_PRO_WITHDRAW: {
    texts: `${ROW} ${CLERK} withdraw_reason:2000`,
    times: `${NATIONAL_TIMES} withdraw_date`,
    key: ['row_guid'],
  },
  UP_PRO_PAPER: {
    texts: `${ROW} ${CLERK} ${PARCEL} receive_org_code?:64 receive_org_name?:200 window_id?:50`,
    times: `${NATIONAL_TIMES} send_date`,
    key: ['row_guid'],
  },
  UP_PRO_DELIVER: {
    texts: `${ROW} ${CLERK} ${PARCEL} is_delivery_results:1 delivery_type:1 receiver_name?:100 receiver_page_type?:70
      receiver_page_code?:500 window_id?:50`,
    times: `${NATIONAL_TIMES} deliver_date`,
    key: ['row_guid'],
  },
  UP_PRO_EVALUATE: {
    texts: `${ROW} satisfaction:1 eval_detail:420 writing_evaluation?:2000 user_name?:100 pf?:2 window_id?:50 org_code?:64
      org_name?:200 pro_manager_no?:64 pro_manager?:100`,
    times: `${NATIONAL_TIMES} assess_time`,
    numbers: 'assess_number?',
    key: ['row_guid'],
  },
  UP_PRO_MATERIAL: {
    texts: `row_guid:50 parent_guid:50 project_no:50 ${STAMP} ${PARCEL} material_code?:50 material_name:200 get_type:2
      is_collected?:1 is_tolerance?:1`,
    times: 'cd_time express_date?',
    numbers: 'sn get_num? copy_num?',
    key: ['row_guid'],
  },
  UP_PRO_ATTACH: {
    texts: `row_guid:50 parent_guid:50 project_no:50 ${STAMP} attach_id:200 material_attach_name:255 media_type?:127
      digest_type?:10 digest?:64`,
    times: 'cd_time',
    numbers: 'material_sn file_size?',
    key: ['row_guid'],
  },
  EA_JC_STEP_BASICINFO: {
    texts: `${OWN} PROMISETIMEUNIT?:1`,
    times: 'RECEIVETIME MAKETIME',
    numbers: 'DATAVER',
    tenths: 'PROMISETIME?',
    key: ['ORGBUSNO', 'DATAVER'],
  },
  EA_JC_STEP_PROC: {
    texts: `${NODE} NODETYPE:1 NODERESULT?:1 NODEADV?:2000 PROMISETIMEUNIT?:1`,
    times: 'NODESTARTTIME NODEENDTIME MAKETIME',
    days: 'PROMISEDATE?',
    numbers: 'SN DATAVER',
    tenths: 'PROMISETIME?',
    key: ['ORGBUSNO', 'SN', 'DATAVER'],
  },
  EA_JC_STEP_SPECIALNODE: {
    texts: `${NODE} NODERESULT:1 NODEADV:2000 LISTS?:4000 CORRECTWAYS?:10`,
    times: 'NODESTARTTIME NODEENDTIME NOTETIME? MAKETIME',
    days: 'LIMITDATE?',
    numbers: 'SN DATAVER',
    key: ['ORGBUSNO', 'SN', 'DATAVER'],
  },
  EA_JC_STEP_DONE: {
    texts: `${OWN} DONERESULT:1 DONEEXPLAIN?:2000 CERTNAME?:200 CERTNO?:100 CERTISSUER?:200`,
    times: 'DONETIME MAKETIME',
    days: 'CERTDATE? CERTFROM? CERTUNTIL?',
    numbers: 'DATAVER',
    key: ['ORGBUSNO', 'DATAVER'],
  },
}

export function statements(engine: Engine): string[] {
  const mark = engine === 'postgresql' ? '"' : '`'
  const quote = (name: string): string => mark + name + mark
  const line = (word: string, type: string): string => {
    const name = word.replace(/\??(:\d+)?$/, '')
    return `${quote(name)} ${type}${word.includes('?') ? '' : ' not null'}`
  }
  const lines = (list: string | undefined, type: (word: string) => string): string[] =>
    (list ?? '')
      .split(/\s+/)
      .filter((word) => word !== '')
      .map((word) => line(word, type(word)))
  return Object.entries(TABLES).map(([table, { texts, times, days, numbers, tenths, longTexts, key }]) => {
    const columns = [
      ...lines(texts, (word) => `varchar(${word.split(':')[1]})`),
      ...lines(times, () => (engine === 'postgresql' ? 'timestamp(0)' : 'datetime')),
      ...lines(days, () => 'date'),
      ...lines(numbers, () => 'bigint'),
      ...lines(tenths, () => 'numeric(6, 1)'),
      ...lines(longTexts, () => (engine === 'postgresql' ? 'text' : 'longtext')),
      `primary key (${key.map(quote).join(', ')})`,
    ]
    const storage = engine === 'postgresql' ? '' : ' engine = InnoDB default character set utf8mb4'
    return `create table ${quote(table)} (${columns.join(', ')})${storage}`
  })
}

const READ_FLAG = { column: 'is_sync', waiting: '0', taken: '1', refused: '9' } as const
const MATERIALS = [
  { table: 'UP_PRO_MATERIAL', by: { parent_guid: 'row_guid' }, as: 'materials', orderBy: 'sn' },
] as const

export const INCOMING: readonly IncomingTable[] = [
  { name: 'UP_PRO_ACCEPT', key: ['row_guid'], flag: READ_FLAG, details: MATERIALS },
  { name: 'UP_PRO_SUPPLEMENT', key: ['row_guid'], flag: READ_FLAG, details: MATERIALS },
  ...['UP_PRO_WITHDRAW', 'UP_PRO_PAPER', 'UP_PRO_DELIVER', 'UP_PRO_EVALUATE'].map((name) => ({
    name,
    key: ['row_guid'],
    flag: READ_FLAG,
  })),
]

export const OUTGOING: readonly OutgoingTable[] = Object.entries(TABLES)
  .filter(([name]) => name.startsWith('EA_'))
  .map(([name, { key }]) => ({
    name,
    key,
    flag: { column: 'SIGNSTATE', taken: '1', refused: '2' },
    words: 'EXT1',
  }))
