/**
 * Every problem the hub answers with (RFC 9457). Codes are stable for ever; a retired code is listed in docs/errors.md
 * and not reused. `status` is the status of an answer whose own code this is; fault codes only ever stand inside
 * the `faults` of another problem and have none.
 */
export const PROBLEMS = {
  REQUEST_NOT_JSON: { status: 400, zh: '请求体不是合法的 JSON', en: 'The body is not valid JSON' },
  REQUEST_NOT_XML: { status: 400, zh: '请求体不是可接受的 XML', en: 'The body is not XML that is accepted' },
  REQUEST_NOT_FORM: { status: 400, zh: '请求体不是合法的表单', en: 'The body is not a valid form' },
  REQUEST_NOT_DELIMITED: {
    status: 400,
    zh: '请求体与约定的分隔文本不符',
    en: 'The body does not fit the agreed delimited text',
  },
  REQUEST_CHARSET: {
    status: 400,
    zh: '请求体与声明的字符集不符',
    en: 'The body does not fit its declared character set',
  },
  REQUEST_TOO_LARGE: { status: 413, zh: '请求体过大', en: 'The body is too large' },
  REQUEST_TOO_DEEP: { status: 400, zh: '请求体嵌套过深', en: 'The body is nested too deep' },
  REQUEST_DUPLICATE_KEY: { status: 400, zh: '对象中有重复的键', en: 'An object has a key twice' },
  REQUEST_UNSAFE_INTEGER: {
    status: 400,
    zh: '整数超出 2^53，会丢失精度，请改为字符串',
    en: 'An integer is beyond 2^53 and would lose digits; send it as a string',
  },
  REQUEST_MEDIA_TYPE: {
    status: 415,
    zh: '不支持的媒体类型或压缩方式',
    en: 'Unsupported media type or content coding',
  },
  REQUEST_PARAMETER: { status: 400, zh: '请求参数不正确', en: 'A request parameter is not valid' },
  AUTH_FAILED: { status: 401, zh: '身份验证未通过', en: 'Authentication failed' },
  NOT_FOUND: { status: 404, zh: '没有这个地址', en: 'There is nothing at this address' },
  METHOD_NOT_ALLOWED: { status: 405, zh: '不支持此请求方法', en: 'This address does not take that method' },
  MESSAGE_KIND_UNKNOWN: {
    status: 422,
    zh: '无法识别报文类型',
    en: 'The kind of message is not known in this format',
  },
  MESSAGE_NOT_VALID: { status: 422, zh: '报文内容有误', en: 'The message is not valid' },
  MAPPING_FAILED: { status: 422, zh: '报文无法转换', en: 'The message could not be converted' },
  ROUTE_NONE: {
    status: 422,
    zh: '该事项在该属地没有办理路由',
    en: 'No route decides this item in this region',
  },
  CASE_NOT_FOUND: { status: 404, zh: '没有查到该办件', en: 'No such case' },
  CASE_NOT_HELD: {
    status: 403,
    zh: '本系统不能对该办件报送此消息',
    en: 'This system may not send this message about that case',
  },
  CASE_STATE: {
    status: 409,
    zh: '办件当前状态不允许此消息',
    en: 'The case is not in a state that allows this message',
  },
  CASE_EXISTS: { status: 409, zh: '该外部编号已有办件', en: 'A case with this external number exists' },
  OPERATION_NOT_ALLOWED: {
    status: 403,
    zh: '本账户无权执行此操作',
    en: 'This account may not do that',
  },
  OPERATION_UNCONFIRMED: {
    status: 409,
    zh: '确认码不适用：请重新试运行后再确认',
    en: 'The confirmation does not fit; do the dry run again',
  },
  MESSAGE_NOT_FOUND: { status: 404, zh: '没有这条消息', en: 'No such message' },
  REMAP_REFUSED: {
    status: 409,
    zh: '该消息不能按此重新转换',
    en: 'The message cannot be mapped again in this way',
  },
  DELIVERY_NOT_FOUND: { status: 404, zh: '没有这条投递', en: 'No such delivery' },
  DELIVERY_STATE: {
    status: 409,
    zh: '投递当前状态不允许此操作',
    en: 'The delivery is not in a state that allows this',
  },
  INBOX_NOT_USED: {
    status: 409,
    zh: '本系统的消息由平台推送，不经收件箱',
    en: 'This system is delivered to; it has no inbox',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    zh: '幂等键已用于另一份内容',
    en: 'The idempotency key was used with another body',
  },
  IDEMPOTENCY_IN_PROGRESS: {
    status: 409,
    zh: '同一请求正在处理',
    en: 'The same request is still in progress',
  },
  FILE_NOT_FOUND: {
    status: 404,
    zh: '没有这个文件，或无权读取',
    en: 'No such file, or none that you may read',
  },
  FILE_TICKET: {
    status: 403,
    zh: '取件凭证无效或已过期',
    en: 'The ticket to the file is not valid or too old',
  },
  FILE_RANGE: { status: 416, zh: '请求的范围超出文件', en: 'The range is not within the file' },
  FILE_TOO_LARGE: { status: 413, zh: '文件过大', en: 'The file is too large' },
  FILE_TYPE: {
    status: 415,
    zh: '不接收此类文件，或内容与所报类型不符',
    en: 'Files of this type are not taken, or the content is of another type',
  },
  FILE_DIGEST: {
    status: 422,
    zh: '文件内容与所报摘要或长度不符',
    en: 'The content differs from its announced digest or length',
  },
  FILE_OFFSET: {
    status: 409,
    zh: '续传位置之前的内容尚未收到',
    en: 'Bytes before this offset have not come yet',
  },
  FILE_BROKEN_OFF: { status: 400, zh: '传输中断，可续传', en: 'The transfer broke off; it can go on' },
  FILE_INFECTED: { status: 422, zh: '文件未通过病毒扫描', en: 'The virus scanner refused the file' },
  FILE_SCAN_UNAVAILABLE: {
    status: 503,
    zh: '病毒扫描暂不可用，文件未接收',
    en: 'The virus scanner is unavailable; the file was not taken',
  },
  FILE_STORE_FULL: { status: 507, zh: '存储空间不足', en: 'There is no room for the file' },
  STORE_UNAVAILABLE: {
    status: 503,
    zh: '存储暂不可用，报文未受理',
    en: 'The store is unavailable; nothing was accepted',
  },
  HUB_STOPPING: { status: 503, zh: '服务正在停止', en: 'The hub is stopping' },
  INTERNAL: { status: 500, zh: '内部错误', en: 'Internal error' },

  FIELD_REQUIRED: { zh: '缺少必填项', en: 'A required field is missing' },
  FIELD_TYPE: { zh: '类型不符', en: 'A field has the wrong type' },
  FIELD_VALUE: { zh: '取值不在允许范围', en: 'A value is not allowed' },
  FIELD_LENGTH: { zh: '长度或个数超限', en: 'A value is too long, too short, too many or too few' },
  FIELD_FORMAT: { zh: '格式不符', en: 'A value does not have the required form' },
  FIELD_UNKNOWN: { zh: '未定义的字段', en: 'A field is not defined' },
  CODE_UNMAPPED: { zh: '代码值没有对照', en: 'A code value has no counterpart in the code table' },
  DATE_INVALID: { zh: '日期不存在或格式不符', en: 'A date does not exist or has the wrong form' },
  RESIDENT_ID_INVALID: { zh: '身份号码校验不通过', en: 'A resident identity number fails its check' },
  CREDIT_CODE_INVALID: {
    zh: '统一社会信用代码校验不通过',
    en: 'A unified social credit code fails its check',
  },
  REGION_UNKNOWN: { zh: '未知行政区划代码', en: 'A region code is not known on that day' },
  ITEM_NOT_ON_LIST: { zh: '事项不在通办清单内', en: 'The item is not on the list' },
  ITEM_NOT_IN_FORCE: { zh: '事项当日未生效或已失效', en: 'The item is not in force on that day' },
  SCENARIO_UNKNOWN: { zh: '事项没有该办理情形', en: 'The item has no such scenario' },
  MATERIALS_MISSING: {
    zh: '申请材料不齐全（一次性告知）',
    en: 'Required materials are missing (all of them are listed)',
  },
  MATERIAL_UNKNOWN: { zh: '材料不在该事项清单内', en: 'A material is not on the list of the item' },
  FILE_UNKNOWN: {
    zh: '枢纽没有此文件，或非本系统上传',
    en: 'The hub has no such file of this sender',
  },
  FILE_DIFFERS: {
    zh: '文件大小或摘要与枢纽所存不符',
    en: 'Size or digest differ from the file that the hub has',
  },
  EVENT_BEFORE_APPLICATION: { zh: '发生时间早于申请时间', en: 'An event happened before the application' },
} as const satisfies Record<string, { readonly status?: number; readonly zh: string; readonly en: string }>

export type ProblemCode = keyof typeof PROBLEMS

/** Status of an answer with this code; 500 for a fault code, which is never an answer's own. */
export function statusOf(code: ProblemCode): number {
  const problem = PROBLEMS[code]
  return 'status' in problem ? problem.status : 500
}
