/**
 * Generated from schemas/canonical/ by `npm run generate`; do not edit.
 * What the `data` of each message type holds.
 */

/** 申请人类型（GB/T 39046 A.4） / Type of applicant (GB/T 39046 A.4) */
export type ApplicantType = '1' | '2' | '3' | '4' | '5' | '6'
/** 证件类型（GA/T 2000.156；01 为统一社会信用代码） / Type of certificate (GA/T 2000.156; 01 = unified social credit code) */
export type CertificateType =
  | '111'
  | '112'
  | '113'
  | '114'
  | '115'
  | '117'
  | '118'
  | '154'
  | '412'
  | '413'
  | '414'
  | '511'
  | '515'
  | '516'
  | '552'
  | '553'
  | '811'
  | '821'
  | '822'
  | '990'
  | '01'
/** 申请渠道（GB/T 39046 A.5） / Way of applying (GB/T 39046 A.5) */
export type Channel = '1' | '2' | '3' | '4' | '9'
/** 办件类型（GB/T 39046 A.6） / Kind of case (GB/T 39046 A.6) */
export type ProjectType = '1' | '2' | '9'
/** 满意度（GB/T 39046 A.8）；好差评接口的数值顺序与此相反 / Satisfaction (GB/T 39046 A.8); the evaluation interfaces count the other way round */
export type Satisfaction = '1' | '2' | '3' | '4' | '5'
/** 材料介质 / Medium of a material */
export type Medium = 'paper' | 'electronic'
/** 结果领取方式（第二十三条） / Way of getting the result (art. 23) */
export type DeliveryMode = 'receiving-window' | 'jurisdiction-window' | 'post' | 'terminal'
/** 文书送达方式（第十九条） / Way of delivering a notice (art. 19) */
export type NoticeMode = 'receiving-window' | 'post' | 'sms' | 'online'
/** 特别程序种类 / Kind of special procedure */
export type ProcedureKind = 'publicity' | 'hearing' | 'inspection' | 'expert-review' | 'extension' | 'other'
/** 办理结果 / Result of a case */
export type CaseResult = 'granted' | 'denied' | 'lapsed' | 'withdrawn' | 'other'
/** 核查结论 / Finding of a check */
export type Finding = 'upheld' | 'partly-upheld' | 'dismissed'

/** 各消息类型的数据 / The data of each message type */
export interface CanonicalData {
  /** 提交申请；申请地通办窗口收件后报送 / An application; sent by the receiving side */
  'case.submitted': CaseSubmitted
  /** 补齐补正；申请人补交的材料 / Corrected materials; handed in by the applicant */
  'case.supplemented': CaseSupplemented
  /** 撤回申请 / The applicant withdraws */
  'case.withdrawn': CaseWithdrawn
  /** 纸质材料寄出（第十七条） / Paper was posted (art. 17) */
  'paper.posted': PaperPosted
  /** 发起视频远程协助请求（第十八条） / Video assistance is asked for (art. 18) */
  'assist.requested': AssistRequested
  /** 结果送达（第二十三条） / The result was delivered (art. 23) */
  'result.delivered': ResultDelivered
  /** 服务评价（好差评） / Evaluation of the service */
  'evaluation.submitted': EvaluationSubmitted
  /** 办事指南纠错上报（第八条） / A fault of the guide is reported (art. 8) */
  'guide.disputed': GuideDisputed
  /** 投诉（第二十六条、第二十九条） / A complaint (arts. 26, 29) */
  'complaint.raised': ComplaintRaised
  /** 部门接收办件 / The department has received the case */
  'case.received': CaseReceived
  /** 受理（第十九条） / The application is accepted (art. 19) */
  'case.accepted': CaseAccepted
  /** 不予受理（第十九条）；必须说明理由 / The application is not accepted (art. 19); never without reasons */
  'case.refused': CaseRefused
  /** 一次性告知补齐补正（第二十条） / Correction is asked for, all at once (art. 20) */
  'correction.requested': CorrectionRequested
  /** 特别程序开始；暂停计时 / A special procedure starts; the clock stops */
  'procedure.started': ProcedureStarted
  /** 特别程序结束；恢复计时 / A special procedure ends; the clock runs again */
  'procedure.ended': ProcedureEnded
  /** 办理环节 / A step of the procedure was recorded */
  'step.recorded': StepRecorded
  /** 作出审批决定（第二十一条） / The decision was made (art. 21) */
  'case.decided': CaseDecided
  /** 办结（第二十二条） / The case is completed (art. 22) */
  'case.completed': CaseCompleted
  /** 退件 / The case is returned */
  'case.returned': CaseReturned
  /** 收到纸质材料 / Paper was received */
  'paper.received': PaperReceived
  /** 应答视频远程协助请求（第十八条） / Video assistance was given (art. 18) */
  'assist.answered': AssistAnswered
  /** 办事指南纠错核查结果（第八条） / The reported fault was checked (art. 8) */
  'guide.resolved': GuideResolved
  /** 投诉核查结果（第二十九条） / The complaint was checked (art. 29) */
  'complaint.resolved': ComplaintResolved
  /** 时限预警（第三十一条） / A deadline is near (art. 31) */
  'deadline.warned': DeadlineWarned
  /** 时限超期（第三十一条） / A deadline has passed (art. 31) */
  'deadline.overdue': DeadlineOverdue
  /** 参与系统更换，未办结的投递改送新系统 / A system of the case was replaced; what was open goes to the new one */
  'case.redirected': CaseRedirected
  /** 远程协助请求未及时应答（第十八条） / Video assistance was not answered in time (art. 18) */
  'assist.missed': AssistMissed
  /** 提请上级处理（第十八条） / A matter goes to the superior authority (art. 18) */
  'escalation.raised': EscalationRaised
  /** 请求发送短信通知 / A text message is to be sent */
  'notice.requested': NoticeRequested
  /** 事项发布或调整公布（第九条） / An item or its adjustment was published (art. 9) */
  'item.published': ItemPublished
  /** 消息被拒收 / A message was refused */
  'message.rejected': MessageRejected
}
/** 中英文说明 / Words in Chinese and English */
export interface BilingualText {
  /** 中文 / Chinese */
  zh: string
  /** 英文 / English */
  en: string
}
/** 机构 / Organisation */
export interface Org {
  /** 机构代码；统一社会信用代码或部门自编码 / Organisation code; unified social credit code or own code of the department */
  code?: string
  /** 机构名称 / Name of the organisation */
  name: string
}
/** 经办人；公务人员姓名属履职信息，不作脱敏 / Official in charge; names of officials on duty are not masked */
export interface Handler {
  /** 经办人编号 / Number of the official */
  id?: string
  /** 经办人姓名 / Name of the official */
  name: string
}
/** 证件 / Certificate */
export interface Certificate {
  /** 证件类型 / Type of certificate */
  type: CertificateType
  /** 证件号码 / Number of the certificate */
  number: string
}
/** 申请人 / Applicant */
export interface Applicant {
  /** 申请人类型 / Type of applicant */
  type: ApplicantType
  /** 申请人姓名或名称 / Name of the applicant */
  name: string
  /** 申请人证件 / Certificate of the applicant */
  certificate: Certificate
  /** 法定代表人姓名 / Name of the legal representative */
  legalRepresentative?: string
  /** 申请人手机号码 / Mobile number of the applicant */
  mobile?: string
  /** 申请人固定电话 / Telephone number of the applicant */
  phone?: string
  /** 申请人地址 / Address of the applicant */
  address?: string
  /** 邮政编码 / Postcode */
  postcode?: string
}
/** 代理人 / Agent */
export interface Agent {
  /** 代理人姓名 / Name of the agent */
  name: string
  /** 代理人证件 / Certificate of the agent */
  certificate?: Certificate
  /** 代理人手机号码 / Mobile number of the agent */
  mobile?: string
}
/** 联系人 / Contact person */
export interface Contact {
  /** 联系人姓名 / Name of the contact person */
  name: string
  /** 联系人证件 / Certificate of the contact person */
  certificate?: Certificate
  /** 联系人手机号码 / Mobile number of the contact person */
  mobile?: string
  /** 联系人固定电话 / Telephone number of the contact person */
  phone?: string
}
/** 事项；实施编码与业务办理项编码至少填一个 / Item; at least one of implementing code and handling code */
export interface ItemReference {
  /** 实施编码；31 位 / Implementing code; 31 characters */
  taskCode?: string
  /** 业务办理项编码；33 位 / Handling code; 33 characters */
  taskHandleItem?: string
  /** 基本编码；12 位 / Catalogue code; 12 characters */
  catalogCode?: string
  /** 事项版本号 / Version of the item */
  taskVersion?: number
  /** 事项名称 / Name of the item */
  name?: string
  /** 办理情形；取值由事项清单定义 / Scenario; its values are defined by the item catalogue */
  scenario?: string
}
/** 收件 / Where and by whom the application was received */
export interface Receiving {
  /** 收件地行政区划代码 / Region code of the receiving side */
  regionCode: string
  /** 政务服务大厅编号 / Number of the service hall */
  hallId?: string
  /** 政务服务大厅名称 / Name of the service hall */
  hallName?: string
  /** 收件窗口编号 / Number of the receiving window */
  windowId?: string
  /** 窗口人员编号 / Number of the window clerk */
  operatorId?: string
  /** 窗口人员姓名 / Name of the window clerk */
  operatorName?: string
  /** 收件时间；窗口收齐材料的时间 / Time of receipt; when the window had the materials */
  receivedAt: string
}
/** 属地 / Where the case is decided */
export interface Jurisdiction {
  /** 属地行政区划代码 / Region code of the deciding side */
  regionCode: string
  /** 属地业务办理部门代码 / Code of the deciding department */
  orgCode?: string
  /** 属地业务办理部门名称 / Name of the deciding department */
  orgName?: string
}
/** 文件摘要 / Digest of a file */
export interface Digest {
  /** 摘要算法 / Digest algorithm */
  algorithm: 'sm3' | 'sha256'
  /** 摘要值 / Digest value */
  value: string
}
/** 文件；只传引用，不传内容 / File; a reference, never the content */
export interface FileReference {
  /** 文件编号 / Number of the file */
  id: string
  /** 文件名 / Name of the file */
  name: string
  /** 媒体类型 / Media type */
  mediaType?: string
  /** 文件大小；字节 / Size of the file; bytes */
  size?: number
  /** 文件摘要 / Digest of the file */
  digest?: Digest
}
/** 纸质材料寄送 / Posting of paper */
export interface PaperPosting {
  /** 寄出时间 / Time of posting */
  shippedAt: string
  /** 寄送单位 / Carrier */
  carrier: string
  /** 物流单号 / Tracking number */
  trackingNo: string
}
/** 申请材料 / Material of the application */
export interface Material {
  /** 材料编码；事项清单中的编码 / Code of the material; as in the item catalogue */
  code?: string
  /** 材料名称 / Name of the material */
  name: string
  /** 材料介质 / Medium of the material */
  medium: Medium
  /** 原件份数 / Number of originals */
  originals: number
  /** 复印件份数 / Number of copies */
  copies: number
  /** 是否已收取 / Whether it was collected */
  collected: boolean
  /** 是否容缺；允许后补 / Whether it may be handed in later */
  tolerated?: boolean
  /**
   * 材料文件 / Files of the material
   *
   * @maxItems 50
   */
  files: FileReference[]
  /** 纸质材料寄送 / Posting of the paper */
  paper?: PaperPosting
}
/** 材料引用 / Reference to a material */
export interface MaterialReference {
  /** 材料编码 / Code of the material */
  code?: string
  /** 材料名称 / Name of the material */
  name: string
  /** 原件份数 / Number of originals */
  originals?: number
  /** 复印件份数 / Number of copies */
  copies?: number
}
/** 结果领取要求 / How the result is to be delivered */
export interface ResultDelivery {
  /** 结果领取方式 / Way of getting the result */
  mode: DeliveryMode
  /** 收件人姓名 / Name of the recipient */
  recipient?: string
  /** 收件地址 / Address of the recipient */
  address?: string
  /** 收件人手机号码 / Mobile number of the recipient */
  mobile?: string
}
/** 文书送达 / Delivery of a notice */
export interface NoticeDelivery {
  /** 文书送达方式 / Way of delivering the notice */
  mode: NoticeMode
  /** 寄送单位 / Carrier */
  carrier?: string
  /** 物流单号 / Tracking number */
  trackingNo?: string
}
/** 补正内容 / One thing to correct */
export interface CorrectionItem {
  /** 材料编码 / Code of the material */
  materialCode?: string
  /** 材料名称 / Name of the material */
  materialName: string
  /** 补正要求 / What has to be corrected */
  requirement: string
}
/** 补正方式 / One way of correcting */
export interface CorrectionWay {
  /** 补正方式种类（第二十条） / Kind of way (art. 20) */
  kind: 'online' | 'post' | 'window'
  /** 补正地址；网址、邮寄地址或窗口地址 / Address; of the web page, the office or the window */
  address?: string
  /** 补正方式说明 / Description of the way */
  description?: string
}
/** 结果证照 / Licence that results */
export interface License {
  /** 证照名称 / Name of the licence */
  name: string
  /** 证照编号 / Number of the licence */
  number: string
  /** 发证单位 / Issuer */
  issuer?: string
  /** 发证日期 / Date of issue */
  issuedDate?: string
  /** 有效期起 / First day of validity */
  validFrom?: string
  /** 有效期止；长期有效时不填 / Last day of validity; left out where it has no end */
  validUntil?: string
  /** 是否长期有效；对应来源系统的 2099/12/31 / Whether it has no end; written 2099/12/31 by some systems */
  longTerm?: boolean
  /** 证照文件 / File of the licence */
  file?: FileReference
}
/** 提交申请；申请地通办窗口收件后报送 / An application; sent by the receiving side */
export interface CaseSubmitted {
  /** 办件编号；来源系统的编号，不解析 / Case number of the source system; opaque */
  projectNo?: string
  /** 办理摘要 / Summary of the case */
  projectName?: string
  /** 办件类型 / Kind of case */
  projectType?: ProjectType
  /** 申请事项 / Item applied for */
  item: ItemReference
  /** 申请人 / Applicant */
  applicant: Applicant
  /** 代理人 / Agent */
  agent?: Agent
  /** 联系人 / Contact person */
  contact?: Contact
  /** 申请渠道 / Way of applying */
  channel: Channel
  /** 申请时间 / Time of application */
  appliedAt: string
  /** 收件 / Receiving side */
  receiving: Receiving
  /** 属地 / Deciding side */
  jurisdiction: Jurisdiction
  /**
   * 申请材料 / Materials
   *
   * @maxItems 100
   */
  materials: Material[]
  /** 结果领取要求 / How the result is to be delivered */
  delivery?: ResultDelivery
  /** 业务表单；内容由事项定义，整体按个人信息处理 / Form of the item; its content is defined by the item and is personal as a whole */
  form?: {
    [k: string]: unknown
  }
  /** 备注 / Remark */
  remark?: string
}
/** 补齐补正；申请人补交的材料 / Corrected materials; handed in by the applicant */
export interface CaseSupplemented {
  /** 补正时间 / Time of correction */
  supplementedAt: string
  /** 补正次数；从 1 起 / Round of correction; from 1 */
  round?: number
  /** 补正告知书编号 / Number of the correction notice */
  noticeNo?: string
  /**
   * 补正材料 / Corrected materials
   *
   * @maxItems 100
   */
  materials: Material[]
  /** 窗口人员编号 / Number of the window clerk */
  operatorId?: string
  /** 窗口人员姓名 / Name of the window clerk */
  operatorName?: string
  /** 业务表单；内容由事项定义，整体按个人信息处理 / Form of the item; its content is defined by the item and is personal as a whole */
  form?: {
    [k: string]: unknown
  }
  /** 备注 / Remark */
  remark?: string
}
/** 撤回申请 / The applicant withdraws */
export interface CaseWithdrawn {
  /** 撤回时间 / Time of withdrawal */
  withdrawnAt: string
  /** 撤回原因 / Reason of the withdrawal */
  reason: string
  /** 窗口人员编号 / Number of the window clerk */
  operatorId?: string
  /** 窗口人员姓名 / Name of the window clerk */
  operatorName?: string
  /** 备注 / Remark */
  remark?: string
}
/** 纸质材料寄出（第十七条） / Paper was posted (art. 17) */
export interface PaperPosted {
  /** 寄出时间 / Time of posting */
  postedAt: string
  /** 寄送单位 / Carrier */
  carrier: string
  /** 物流单号 / Tracking number */
  trackingNo: string
  /**
   * 寄送材料 / Materials posted
   *
   * @minItems 1
   * @maxItems 100
   */
  materials: MaterialReference[]
  /** 接收单位 / Organisation that is to receive it */
  recipient?: Org
  /** 寄出窗口编号 / Number of the sending window */
  windowId?: string
  /** 寄送人员编号 / Number of the clerk who posted it */
  operatorId?: string
  /** 寄送人员姓名 / Name of the clerk who posted it */
  operatorName?: string
  /** 备注 / Remark */
  remark?: string
}
/** 发起视频远程协助请求（第十八条） / Video assistance is asked for (art. 18) */
export interface AssistRequested {
  /** 远程协助编号 / Number of the assistance request */
  assistId?: string
  /** 发起时间 / Time of the request */
  requestedAt: string
  /** 被请求的属地窗口编号 / Number of the jurisdiction window that is asked */
  windowId: string
  /** 被请求的属地窗口名称 / Name of the jurisdiction window that is asked */
  windowName?: string
  /** 属地窗口行政区划代码 / Region code of the jurisdiction window */
  regionCode?: string
  /** 发起窗口编号 / Number of the window that asks */
  fromWindowId?: string
  /** 发起人员编号 / Number of the clerk who asks */
  operatorId?: string
  /** 发起人员姓名 / Name of the clerk who asks */
  operatorName?: string
  /** 协助内容 / What help is needed with */
  question?: string
  /** 备注 / Remark */
  remark?: string
}
/** 结果送达（第二十三条） / The result was delivered (art. 23) */
export interface ResultDelivered {
  /** 送达时间 / Time of delivery */
  deliveredAt: string
  /** 送达方式 / Way of delivery */
  mode: DeliveryMode
  /** 领取人姓名 / Name of the person who took it */
  recipient?: string
  /** 领取人证件 / Certificate of the person who took it */
  recipientCertificate?: Certificate
  /** 寄送单位 / Carrier */
  carrier?: string
  /** 物流单号 / Tracking number */
  trackingNo?: string
  /** 送达窗口编号 / Number of the delivering window */
  windowId?: string
  /** 送达人员编号 / Number of the clerk who delivered it */
  operatorId?: string
  /** 送达人员姓名 / Name of the clerk who delivered it */
  operatorName?: string
  /** 备注 / Remark */
  remark?: string
}
/** 服务评价（好差评） / Evaluation of the service */
export interface EvaluationSubmitted {
  /** 评价时间 / Time of the evaluation */
  evaluatedAt: string
  /** 满意度 / Satisfaction */
  satisfaction: Satisfaction
  /**
   * 评价指标代码 / Codes of the evaluation details
   *
   * @maxItems 50
   *
   * Items: 评价指标代码 / Code of an evaluation detail
   */
  details: string[]
  /** 文字评价 / Evaluation in words */
  text?: string
  /** 评价次数；1 为首次 / Number of the evaluation; 1 is the first */
  round?: number
  /** 评价人姓名 / Name of the evaluator */
  evaluator?: string
  /** 评价渠道 / Way of evaluating */
  channel?: Channel
  /** 被评价窗口编号 / Number of the window evaluated */
  windowId?: string
  /** 被评价单位 / Organisation evaluated */
  org?: Org
  /** 被评价人员 / Official evaluated */
  handler?: Handler
}
/** 办事指南纠错上报（第八条） / A fault of the guide is reported (art. 8) */
export interface GuideDisputed {
  /** 上报时间 / Time of the report */
  raisedAt: string
  /** 问题种类 / Kind of fault */
  kind: 'inaccurate-guide' | 'added-material' | 'refused-by-review-points' | 'other'
  /** 问题描述 / Description of the fault */
  description: string
  /** 涉及事项 / Item concerned */
  item?: ItemReference
  /** 涉及材料编码 / Code of the material concerned */
  materialCode?: string
  /** 涉及材料名称 / Name of the material concerned */
  materialName?: string
  /** 被反映单位 / Organisation concerned */
  org?: Org
  /** 上报窗口编号 / Number of the reporting window */
  windowId?: string
  /** 上报人员编号 / Number of the clerk who reports */
  operatorId?: string
  /** 上报人员姓名 / Name of the clerk who reports */
  operatorName?: string
  /**
   * 佐证文件 / Evidence
   *
   * @maxItems 50
   */
  evidence?: FileReference[]
}
/** 投诉（第二十六条、第二十九条） / A complaint (arts. 26, 29) */
export interface ComplaintRaised {
  /** 投诉时间 / Time of the complaint */
  raisedAt: string
  /** 投诉内容 / Content of the complaint */
  description: string
  /** 投诉编号 / Number of the complaint */
  complaintNo?: string
  /** 投诉种类 / Kind of complaint */
  kind?: 'receiving-window' | 'jurisdiction-window' | 'department' | 'system' | 'other'
  /** 投诉人 / Person who complains */
  complainant?: Contact
  /** 被投诉单位 / Organisation complained about */
  org?: Org
  /** 被投诉人员 / Official complained about */
  handler?: Handler
  /** 被投诉窗口编号 / Number of the window complained about */
  windowId?: string
  /**
   * 佐证文件 / Evidence
   *
   * @maxItems 50
   */
  evidence?: FileReference[]
}
/** 部门接收办件 / The department has received the case */
export interface CaseReceived {
  /** 接收时间 / Time of receipt */
  receivedAt: string
  /** 部门办件编号 / Case number of the department */
  departmentCaseNo?: string
  /** 接收单位 / Organisation that received it */
  org?: Org
  /** 经办人 / Official in charge */
  handler?: Handler
  /** 备注 / Remark */
  remark?: string
}
/** 受理（第十九条） / The application is accepted (art. 19) */
export interface CaseAccepted {
  /** 受理时间 / Time of acceptance */
  acceptedAt: string
  /** 受理通知书编号 / Number of the notice of acceptance */
  noticeNo?: string
  /** 部门办件编号 / Case number of the department */
  departmentCaseNo?: string
  /** 受理单位 / Organisation that accepted it */
  org: Org
  /** 受理人 / Official who accepted it */
  handler?: Handler
  /** 承诺办结日期 / Promised date of the decision */
  promisedDate?: string
  /** 办件类型 / Kind of case */
  projectType?: ProjectType
  /** 受理通知书送达 / Delivery of the notice */
  delivery?: NoticeDelivery
  /** 备注 / Remark */
  remark?: string
}
/** 不予受理（第十九条）；必须说明理由 / The application is not accepted (art. 19); never without reasons */
export interface CaseRefused {
  /** 不予受理时间 / Time of the refusal */
  refusedAt: string
  /**
   * 不予受理理由 / Reasons of the refusal
   *
   * @minItems 1
   * @maxItems 50
   *
   * Items: 不予受理理由 / Reason of the refusal
   */
  reasons: string[]
  /** 不予受理通知书编号 / Number of the notice of refusal */
  noticeNo?: string
  /** 部门办件编号 / Case number of the department */
  departmentCaseNo?: string
  /** 作出单位 / Organisation that refused it */
  org?: Org
  /** 经办人 / Official in charge */
  handler?: Handler
  /** 不予受理通知书送达 / Delivery of the notice */
  delivery?: NoticeDelivery
  /** 备注 / Remark */
  remark?: string
}
/** 一次性告知补齐补正（第二十条） / Correction is asked for, all at once (art. 20) */
export interface CorrectionRequested {
  /** 告知时间 / Time of the request */
  requestedAt: string
  /** 补正告知书编号 / Number of the correction notice */
  noticeNo?: string
  /** 补正次数；从 1 起 / Round of correction; from 1 */
  round?: number
  /**
   * 补正内容 / Things to correct
   *
   * @minItems 1
   * @maxItems 100
   */
  items: CorrectionItem[]
  /**
   * 补正方式 / Ways of correcting
   *
   * @minItems 1
   * @maxItems 20
   */
  ways: CorrectionWay[]
  /** 补正期限 / Last day for the correction */
  dueDate?: string
  /** 部门办件编号 / Case number of the department */
  departmentCaseNo?: string
  /** 告知单位 / Organisation that asks */
  org?: Org
  /** 经办人 / Official in charge */
  handler?: Handler
  /** 备注 / Remark */
  remark?: string
}
/** 特别程序开始；暂停计时 / A special procedure starts; the clock stops */
export interface ProcedureStarted {
  /** 开始时间 / Time of the start */
  startedAt: string
  /** 特别程序种类 / Kind of procedure */
  kind: ProcedureKind
  /** 特别程序名称 / Name of the procedure */
  name: string
  /** 特别程序原因 / Reason of the procedure */
  reason: string
  /** 特别程序编号 / Number of the procedure */
  procedureId?: string
  /** 预计结束日期 / Date when it is expected to end */
  expectedEndDate?: string
  /** 特别程序告知书编号 / Number of the notice */
  noticeNo?: string
  /** 特别程序申请人姓名 / Name of the official who applied for the procedure */
  applicantName?: string
  /** 办理单位 / Organisation in charge */
  org?: Org
  /** 经办人 / Official in charge */
  handler?: Handler
  /** 备注 / Remark */
  remark?: string
}
/** 特别程序结束；恢复计时 / A special procedure ends; the clock runs again */
export interface ProcedureEnded {
  /** 结束时间 / Time of the end */
  endedAt: string
  /** 特别程序种类 / Kind of procedure */
  kind: ProcedureKind
  /** 特别程序结果 / Result of the procedure */
  result?: string
  /** 特别程序编号 / Number of the procedure */
  procedureId?: string
  /** 特别程序名称 / Name of the procedure */
  name?: string
  /** 特别程序说明 / Explanation */
  explanation?: string
  /** 办理单位 / Organisation in charge */
  org?: Org
  /** 经办人 / Official in charge */
  handler?: Handler
  /** 备注 / Remark */
  remark?: string
}
/** 办理环节 / A step of the procedure was recorded */
export interface StepRecorded {
  /** 环节名称 / Name of the step */
  name: string
  /** 业务动作 / Outcome of the step */
  action?: 'passed' | 'returned' | 'other'
  /** 环节开始时间 / Time when the step started */
  startedAt: string
  /** 环节结束时间；未结束时同开始时间 / Time when the step ended; the start repeated where it has not */
  endedAt: string
  /** 经办人 / Official in charge */
  handler: Handler
  /** 办理意见 / Opinion */
  opinion?: string
  /** 办理单位 / Organisation in charge */
  org?: Org
  /** 备注 / Remark */
  remark?: string
}
/** 作出审批决定（第二十一条） / The decision was made (art. 21) */
export interface CaseDecided {
  /** 决定时间 / Time of the decision */
  decidedAt: string
  /** 决定结果 / Result of the decision */
  result: 'granted' | 'denied'
  /** 决定意见 / Opinion */
  opinion?: string
  /** 决定文书编号 / Number of the decision document */
  documentNo?: string
  /** 部门办件编号 / Case number of the department */
  departmentCaseNo?: string
  /** 决定单位 / Organisation that decided */
  org?: Org
  /** 决定人 / Official who decided */
  handler: Handler
  /** 备注 / Remark */
  remark?: string
}
/** 办结（第二十二条） / The case is completed (art. 22) */
export interface CaseCompleted {
  /** 办结时间 / Time of completion */
  completedAt: string
  /** 办理结果 / Result of the case */
  result: CaseResult
  /** 结果说明 / Explanation of the result */
  explanation?: string
  /** 结果证照 / Licence that results */
  license?: License
  /** 是否允许申请地窗口代为打印 / Whether the receiving window may print it */
  printAllowed?: boolean
  /** 结果送达要求 / How the result is delivered */
  delivery?: ResultDelivery
  /** 部门办件编号 / Case number of the department */
  departmentCaseNo?: string
  /** 办结单位 / Organisation that completed it */
  org?: Org
  /** 办结人 / Official who completed it */
  handler?: Handler
  /** 备注 / Remark */
  remark?: string
}
/** 退件 / The case is returned */
export interface CaseReturned {
  /** 退件时间 / Time of the return */
  returnedAt: string
  /** 退件原因 / Reason of the return */
  reason: string
  /** 退件种类 / Kind of return */
  kind?: 'correction-lapsed' | 'wrong-jurisdiction' | 'abandoned' | 'other'
  /**
   * 退回材料 / Materials returned
   *
   * @maxItems 100
   */
  materials?: MaterialReference[]
  /** 部门办件编号 / Case number of the department */
  departmentCaseNo?: string
  /** 退件单位 / Organisation that returns it */
  org?: Org
  /** 经办人 / Official in charge */
  handler?: Handler
  /** 备注 / Remark */
  remark?: string
}
/** 收到纸质材料 / Paper was received */
export interface PaperReceived {
  /** 签收时间 / Time of receipt */
  receivedAt: string
  /** 物流单号 / Tracking number */
  trackingNo?: string
  /** 寄送单位 / Carrier */
  carrier?: string
  /**
   * 收到材料 / Materials received
   *
   * @maxItems 100
   */
  materials?: MaterialReference[]
  /** 材料是否齐全 / Whether everything posted was there */
  complete?: boolean
  /** 差异说明 / What was missing or different */
  discrepancy?: string
  /** 签收单位 / Organisation that received it */
  org?: Org
  /** 签收人 / Official who received it */
  handler?: Handler
  /** 备注 / Remark */
  remark?: string
}
/** 应答视频远程协助请求（第十八条） / Video assistance was given (art. 18) */
export interface AssistAnswered {
  /** 远程协助编号 / Number of the assistance request */
  assistId?: string
  /** 应答时间 / Time of the answer */
  answeredAt: string
  /** 协助结束时间 / Time when the assistance ended */
  endedAt?: string
  /** 应答窗口编号 / Number of the window that answered */
  windowId?: string
  /** 协助意见 / Advice given */
  advice?: string
  /** 应答人 / Official who answered */
  handler?: Handler
  /** 应答单位 / Organisation that answered */
  org?: Org
  /** 视频记录编号；保存六个月 / Number of the recording; kept six months */
  recordingId?: string
  /** 备注 / Remark */
  remark?: string
}
/** 办事指南纠错核查结果（第八条） / The reported fault was checked (art. 8) */
export interface GuideResolved {
  /** 核查时间 / Time of the finding */
  resolvedAt: string
  /** 核查结论 / Finding */
  finding: Finding
  /** 处理措施 / What was done */
  action: string
  /** 核查说明 / Explanation of the finding */
  explanation?: string
  /** 修订后的事项版本号 / Version of the item that corrects it */
  itemVersion?: number
  /** 核查单位 / Organisation that checked */
  org?: Org
  /** 核查人 / Official who checked */
  handler?: Handler
}
/** 投诉核查结果（第二十九条） / The complaint was checked (art. 29) */
export interface ComplaintResolved {
  /** 核查时间 / Time of the finding */
  resolvedAt: string
  /** 核查结论 / Finding */
  finding: Finding
  /** 处理措施 / What was done */
  action: string
  /** 投诉编号 / Number of the complaint */
  complaintNo?: string
  /** 核查说明 / Explanation of the finding */
  explanation?: string
  /** 责任单位 / Organisation held responsible */
  responsible?: Org
  /** 核查单位 / Organisation that checked */
  org?: Org
  /** 核查人 / Official who checked */
  handler?: Handler
}
/** 时限预警（第三十一条） / A deadline is near (art. 31) */
export interface DeadlineWarned {
  /** 时限编号；T1、T2、T3、T3b、T4、T5 / Clock; T1, T2, T3, T3b, T4, T5 */
  clock: string
  /** 责任系统 / System that has to act */
  owner: string
  /** 计时开始时间 / Time when the clock started */
  startedAt: string
  /** 到期日；北京时间当日 24 时止 / Last day; ends at 24:00 Beijing time */
  dueDate: string
  /** 剩余工作日 / Working days left */
  remainingDays?: number
  /** 时限工作日数 / Working days of the limit */
  limitDays?: number
  /** 是否暂定；工作日历数据不全 / Whether it is provisional; the working-day calendar is not complete */
  provisional?: boolean
}
/** 时限超期（第三十一条） / A deadline has passed (art. 31) */
export interface DeadlineOverdue {
  /** 时限编号；T1、T2、T3、T3b、T4、T5 / Clock; T1, T2, T3, T3b, T4, T5 */
  clock: string
  /** 责任系统 / System that has to act */
  owner: string
  /** 计时开始时间 / Time when the clock started */
  startedAt: string
  /** 到期日；北京时间当日 24 时止 / Last day; ends at 24:00 Beijing time */
  dueDate: string
  /** 超期工作日 / Working days overdue */
  overdueDays?: number
  /** 时限工作日数 / Working days of the limit */
  limitDays?: number
  /** 是否暂定；工作日历数据不全 / Whether it is provisional; the working-day calendar is not complete */
  provisional?: boolean
  /** 是否视为受理（行政许可法第三十二条） / Whether the application counts as accepted (Administrative Licensing Law, art. 32) */
  deemedAccepted?: boolean
}
/** 参与系统更换，未办结的投递改送新系统 / A system of the case was replaced; what was open goes to the new one */
export interface CaseRedirected {
  /** 改送时间 / Time of the change */
  redirectedAt: string
  /** 被更换的系统 / System that was replaced */
  from: string
  /** 新系统 / System that takes its place */
  to: string
  /** 改送原因；不含个人信息 / Reason of the change; no personal data */
  reason: string
  /** 一并改送的投递数 / Deliveries that were moved */
  deliveries?: number
}
/** 远程协助请求未及时应答（第十八条） / Video assistance was not answered in time (art. 18) */
export interface AssistMissed {
  /** 远程协助编号 / Number of the assistance request */
  assistId?: string
  /** 发起时间 / Time of the request */
  requestedAt: string
  /** 判定未应答时间 / Time when it counted as missed */
  missedAt?: string
  /** 未应答窗口编号 / Number of the window that did not answer */
  windowId: string
  /** 未应答窗口名称 / Name of the window that did not answer */
  windowName?: string
  /** 未应答窗口行政区划代码 / Region code of that window */
  regionCode?: string
  /** 统计月份 / Month counted */
  month?: string
  /** 当月未应答次数 / Misses in that month */
  missesInMonth?: number
}
/** 提请上级处理（第十八条） / A matter goes to the superior authority (art. 18) */
export interface EscalationRaised {
  /** 提请时间 / Time of the escalation */
  raisedAt: string
  /** 提请种类 / Kind of escalation */
  kind: 'assist-missed' | 'deadline-overdue' | 'complaint' | 'other'
  /** 提请原因 / Reason of the escalation */
  reason: string
  /** 涉及窗口编号 / Number of the window concerned */
  windowId?: string
  /** 统计月份 / Month counted */
  month?: string
  /** 当月次数 / Count of the month */
  count?: number
  /** 责任系统 / System concerned */
  owner?: string
  /** 时限编号；T1、T2、T3、T3b、T4、T5 / Clock; T1, T2, T3, T3b, T4, T5 */
  clock?: string
  /** 接收提请的单位 / Organisation that it goes to */
  org?: Org
  /** 核实状态 / State of verification */
  verification?: 'pending' | 'upheld' | 'excused'
}
/** 请求发送短信通知 / A text message is to be sent */
export interface NoticeRequested {
  /** 通知方式 / Way of notice */
  channel: 'sms'
  /** 通知模板编号 / Template of the notice */
  template: string
  /** 通知对象 / Recipient */
  recipient: {
    /** 通知对象姓名 / Name of the recipient */
    name?: string
    /** 通知对象手机号码 / Mobile number of the recipient */
    mobile: string
  }
  /** 模板参数 / Parameters of the template */
  parameters: {
    /** 申请人姓名或名称 / Name of the applicant */
    applicantName?: string
    /** 办件编号 / Case number */
    caseNo?: string
    /** 事项名称 / Name of the item */
    itemName?: string
    /** 单位名称 / Name of the organisation */
    orgName?: string
    /** 地区名称 / Name of the region */
    regionName?: string
    /** 窗口编号 / Number of the window */
    windowId?: string
    /** 窗口名称 / Name of the window */
    windowName?: string
    /** 政务服务大厅名称 / Name of the service hall */
    hallName?: string
    /** 文书编号 / Number of the document */
    noticeNo?: string
    /** 时限编号；T1、T2、T3、T3b、T4、T5 / Clock; T1, T2, T3, T3b, T4, T5 */
    clock?: string
    /** 发生时间 / Time when it happened */
    occurredAt?: string
    /** 期限 / Last day */
    dueDate?: string
    /** 天数 / Number of days */
    days?: number
    /** 次数 / Count */
    count?: number
    /** 结果 / CaseResult */
    result?: string
    /** 原因 / Reason */
    reason?: string
    /** 寄送单位 / Carrier */
    carrier?: string
    /** 物流单号 / Tracking number */
    trackingNo?: string
  }
}
/** 事项发布或调整公布（第九条） / An item or its adjustment was published (art. 9) */
export interface ItemPublished {
  /** 实施编码；31 位 / Implementing code; 31 characters */
  taskCode: string
  /** 事项版本号 / Version of the item */
  version: number
  /** 生效日期 / First day in force */
  effectiveFrom: string
  /** 失效日期 / Last day in force */
  effectiveUntil?: string
  /** 基本编码；12 位 / Catalogue code; 12 characters */
  catalogCode?: string
  /** 事项名称 / Name of the item */
  name?: string
  /** 主管部门系统 / System of the owning department */
  owner?: string
  /** 调整完成日期 / Day when the adjustment was completed */
  completedDate?: string
  /** 公布时间 / Time of publication */
  publishedAt?: string
  /** 调整原因；调整公布时必填 / Reason of the adjustment; required of an adjustment */
  reason?: string
  /**
   * 佐证资料；调整公布时至少一份 / Evidence; at least one file for an adjustment
   *
   * @minItems 1
   * @maxItems 50
   */
  evidence?: FileReference[]
}
/** 消息被拒收 / A message was refused */
export interface MessageRejected {
  /** 问题代码 / Problem code */
  code: string
  /** 拒收时间 / Time of the refusal */
  rejectedAt?: string
  /** 接收时间 / Time when it was received */
  receivedAt?: string
  /** 来源系统的消息编号 / Sender's own id of the message */
  externalId?: string
  /** 来源系统的消息名称 / Sender's own name of the message */
  kind?: string
  /** 消息标识 / Id of the message */
  messageId?: string
  /**
   * 错误清单 / Everything that is wrong
   *
   * @maxItems 200
   *
   * Items: 错误 / One fault
   */
  faults: {
    /** 错误代码 / Fault code */
    code: string
    /** 标准消息中的位置 / Place in the canonical message */
    pointer?: string
    /** 来源报文中的位置 / Place in the sender's own document */
    source?: string
    /** 原因 / Reason */
    reason: BilingualText
  }[]
}
