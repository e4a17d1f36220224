/** The same two mappings, written by hand: what the compiled ones are measured against. */
import { beijing, day, encode } from './functions.ts'

// biome-ignore lint/suspicious/noExplicitAny: documents of any shape, as a mapping sees them
type In = any
type Out = Record<string, unknown>

/** A list, whether it came as one, as a single value or not at all. */
function listOf(value: In): readonly In[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

function upper(text: string | undefined): string | undefined {
  return text === undefined ? undefined : text.toUpperCase()
}

function lower(text: string | undefined): string | undefined {
  return text === undefined ? undefined : text.toLowerCase()
}

function text(value: string | number | undefined): string {
  return value === undefined ? '' : String(value)
}

function numberOf(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}

function trimmed(value: string | undefined): string | undefined {
  return value === undefined ? undefined : value.replace(/[ \t\n\r]+/g, ' ').trim()
}

export function toDepartment(input: In): Out {
  const a = input.applicant
  const isPerson = a?.kind === 'person'
  const head: Out = {}
  const headCaseNo = input.caseId
  if (headCaseNo !== undefined) head.CaseNo = headCaseNo
  const headSourceNo = listOf(input.externalIds)[0]?.value
  if (headSourceNo !== undefined) head.SourceNo = headSourceNo
  const headMsgTime = beijing(input.submittedAt)
  if (headMsgTime !== undefined) head.MsgTime = headMsgTime
  head.Version = '2.1'
  const headChannel = encode('channel', input.channel)
  if (headChannel !== undefined) head.Channel = headChannel
  head.Simulated = input.simulated ? '1' : '0'
  const item = input.item
  const itemOut: Out = {}
  const itemOutItemCode = item?.taskCode
  if (itemOutItemCode !== undefined) itemOut.ItemCode = itemOutItemCode
  const itemOutItemName = item?.name?.slice(0, 100)
  if (itemOutItemName !== undefined) itemOut.ItemName = itemOutItemName
  itemOut.ItemVersion = text(item?.version)
  const itemOutItemType = encode('item-type', item?.type)
  if (itemOutItemType !== undefined) itemOut.ItemType = itemOutItemType
  const itemOutHandleForm = item?.caseType
  if (itemOutHandleForm !== undefined) itemOut.HandleForm = itemOutHandleForm
  const itemOutBusinessCode = item?.businessCode
  if (itemOutBusinessCode !== undefined) itemOut.BusinessCode = itemOutBusinessCode
  const itemOutCatalogCode = item?.catalogCode
  if (itemOutCatalogCode !== undefined) itemOut.CatalogCode = itemOutCatalogCode
  const itemOutPromiseDays = item?.promiseDays === undefined ? undefined : String(item.promiseDays)
  if (itemOutPromiseDays !== undefined) itemOut.PromiseDays = itemOutPromiseDays
  const itemOutLegalDays = item?.legalDays === undefined ? undefined : String(item.legalDays)
  if (itemOutLegalDays !== undefined) itemOut.LegalDays = itemOutLegalDays
  const itemOutDeptCode = item?.department?.code
  if (itemOutDeptCode !== undefined) itemOut.DeptCode = itemOutDeptCode
  const itemOutDeptName = item?.department?.name
  if (itemOutDeptName !== undefined) itemOut.DeptName = itemOutDeptName
  const itemOutDeptCreditCode = item?.department?.creditCode
  if (itemOutDeptCreditCode !== undefined) itemOut.DeptCreditCode = itemOutDeptCreditCode
  const organisation = a?.organisation
  const address = a?.address
  const contact = a?.contact
  const person: Out = {}
  const personKind = encode('applicant-kind', a?.kind)
  if (personKind !== undefined) person.Kind = personKind
  const personName = isPerson ? a?.name : organisation?.name
  if (personName !== undefined) person.Name = personName
  const personCertType = encode('certificate', a?.certificate?.type)
  if (personCertType !== undefined) person.CertType = personCertType
  const personCertNo = upper(a?.certificate?.number)
  if (personCertNo !== undefined) person.CertNo = personCertNo
  const personCertValidFrom = day(a?.certificate?.validFrom)
  if (personCertValidFrom !== undefined) person.CertValidFrom = personCertValidFrom
  person.CertValidTo = day(a?.certificate?.validTo) ?? '长期'
  person.Gender = encode('gender', a?.gender) ?? '9'
  const personNation = encode('nation', a?.nation)
  if (personNation !== undefined) person.Nation = personNation
  const personBirthday = day(a?.birthday)
  if (personBirthday !== undefined) person.Birthday = personBirthday
  const personMobile = contact?.mobile
  if (personMobile !== undefined) person.Mobile = personMobile
  const personPhone = contact?.areaCode ? `${contact.areaCode}-${text(contact.phone)}` : contact?.phone
  if (personPhone !== undefined) person.Phone = personPhone
  const personEmail = lower(contact?.email)
  if (personEmail !== undefined) person.Email = personEmail
  const personProvince = address?.province
  if (personProvince !== undefined) person.Province = personProvince
  const personCity = address?.city
  if (personCity !== undefined) person.City = personCity
  const personCounty = address?.county
  if (personCounty !== undefined) person.County = personCounty
  const personStreet = address?.street
  if (personStreet !== undefined) person.Street = personStreet
  person.Address =
    text(address?.province) +
    text(address?.city) +
    text(address?.county) +
    text(address?.street) +
    text(address?.detail)
  const personPostCode = address?.postcode
  if (personPostCode !== undefined) person.PostCode = personPostCode
  const personLegalRep = isPerson ? null : organisation?.legalRepresentative?.name
  if (personLegalRep !== undefined) person.LegalRep = personLegalRep
  const personLegalRepCert = isPerson ? null : organisation?.legalRepresentative?.certificate
  if (personLegalRepCert !== undefined) person.LegalRepCert = personLegalRepCert
  const personOrgType = isPerson ? null : encode('org-type', organisation?.type)
  if (personOrgType !== undefined) person.OrgType = personOrgType
  const personCreditCode = isPerson ? null : organisation?.creditCode
  if (personCreditCode !== undefined) person.CreditCode = personCreditCode
  const region = input.regions
  const receiving = region?.receiving
  const regionOut: Out = {}
  const regionOutAcceptCode = receiving?.code
  if (regionOutAcceptCode !== undefined) regionOut.AcceptCode = regionOutAcceptCode
  const regionOutAcceptName = receiving?.name
  if (regionOutAcceptName !== undefined) regionOut.AcceptName = regionOutAcceptName
  const regionOutAcceptWindow = receiving?.window
  if (regionOutAcceptWindow !== undefined) regionOut.AcceptWindow = regionOutAcceptWindow
  const regionOutAcceptOperator = receiving?.operator?.name
  if (regionOutAcceptOperator !== undefined) regionOut.AcceptOperator = regionOutAcceptOperator
  const regionOutAcceptOperatorNo = receiving?.operator?.number
  if (regionOutAcceptOperatorNo !== undefined) regionOut.AcceptOperatorNo = regionOutAcceptOperatorNo
  const regionOutBelongCode = region?.jurisdiction?.code
  if (regionOutBelongCode !== undefined) regionOut.BelongCode = regionOutBelongCode
  const regionOutBelongName = region?.jurisdiction?.name
  if (regionOutBelongName !== undefined) regionOut.BelongName = regionOutBelongName
  regionOut.CrossFlag =
    receiving?.code !== undefined && receiving.code === region?.jurisdiction?.code ? '0' : '1'
  const regionOutCrossMode = encode('cross-mode', region?.mode)
  if (regionOutCrossMode !== undefined) regionOut.CrossMode = regionOutCrossMode
  const form = input.form
  const formOut: Out = {}
  const formOutTitle = form?.title
  if (formOutTitle !== undefined) formOut.Title = formOutTitle
  const formOutPurpose = encode('purpose', form?.purpose)
  if (formOutPurpose !== undefined) formOut.Purpose = formOutPurpose
  const formOutArea = numberOf(form?.area)
  if (formOutArea !== undefined) formOut.Area = formOutArea
  const formOutAmount = form?.amount === undefined ? undefined : form.amount * 100
  if (formOutAmount !== undefined) formOut.Amount = formOutAmount
  const formOutStartDate = day(form?.startDate)
  if (formOutStartDate !== undefined) formOut.StartDate = formOutStartDate
  const formOutEndDate = day(form?.endDate)
  if (formOutEndDate !== undefined) formOut.EndDate = formOutEndDate
  const formOutPremises = form?.premises?.address
  if (formOutPremises !== undefined) formOut.Premises = formOutPremises
  const formOutPremisesCert = form?.premises?.certificate
  if (formOutPremisesCert !== undefined) formOut.PremisesCert = formOutPremisesCert
  const formOutEmployees = form?.employees
  if (formOutEmployees !== undefined) formOut.Employees = formOutEmployees
  const formOutRemark = trimmed(form?.remark)
  if (formOutRemark !== undefined) formOut.Remark = formOutRemark
  const formOutScope = form?.scope === undefined ? undefined : listOf(form.scope).join(';')
  if (formOutScope !== undefined) formOut.Scope = formOutScope
  const deadlines = input.deadlines
  const deadlineOut: Out = {}
  const deadlineOutAcceptBy = beijing(deadlines?.accept)
  if (deadlineOutAcceptBy !== undefined) deadlineOut.AcceptBy = deadlineOutAcceptBy
  const deadlineOutDecideBy = beijing(deadlines?.decide)
  if (deadlineOutDecideBy !== undefined) deadlineOut.DecideBy = deadlineOutDecideBy
  const deadlineOutPromiseBy = beijing(deadlines?.promise)
  if (deadlineOutPromiseBy !== undefined) deadlineOut.PromiseBy = deadlineOutPromiseBy
  deadlineOut.Paused = deadlines?.paused ? 'Y' : 'N'
  const delivery = input.delivery
  const to = delivery?.address
  const deliveryOut: Out = {}
  const deliveryOutMode = encode('delivery', delivery?.mode)
  if (deliveryOutMode !== undefined) deliveryOut.Mode = deliveryOutMode
  const deliveryOutReceiver = delivery?.receiver ?? a?.name
  if (deliveryOutReceiver !== undefined) deliveryOut.Receiver = deliveryOutReceiver
  const deliveryOutReceiverMobile = delivery?.mobile ?? contact?.mobile
  if (deliveryOutReceiverMobile !== undefined) deliveryOut.ReceiverMobile = deliveryOutReceiverMobile
  const deliveryOutReceiverAddress =
    delivery?.mode === 'post' ? text(to?.province) + text(to?.city) + text(to?.detail) : undefined
  if (deliveryOutReceiverAddress !== undefined) deliveryOut.ReceiverAddress = deliveryOutReceiverAddress
  const deliveryOutExpress = delivery?.express?.company
  if (deliveryOutExpress !== undefined) deliveryOut.Express = deliveryOutExpress
  const deliveryOutExpressNo = delivery?.express?.number
  if (deliveryOutExpressNo !== undefined) deliveryOut.ExpressNo = deliveryOutExpressNo
  const materials = listOf(input.materials)
  const result: Out = { Head: head, Item: itemOut, Applicant: person }
  if (input.agent !== undefined) result.Agent = agentToDepartment(input.agent)
  result.Region = regionOut
  result.Form = formOut
  result.Deadline = deadlineOut
  result.Delivery = deliveryOut
  result.MaterialCount = materials.length
  let paper = 0
  const list: Out[] = []
  for (let i = 0; i < materials.length; i++) {
    if (materials[i].form === 'paper') paper++
    list.push(materialToDepartment(materials[i], i))
  }
  result.PaperCount = paper
  result.Materials = list
  return result
}

function agentToDepartment(agent: In): Out {
  const out: Out = {}
  const outName = agent.name
  if (outName !== undefined) out.Name = outName
  const outCertType = encode('certificate', agent.certificate?.type)
  if (outCertType !== undefined) out.CertType = outCertType
  const outCertNo = upper(agent.certificate?.number)
  if (outCertNo !== undefined) out.CertNo = outCertNo
  const outMobile = agent.mobile
  if (outMobile !== undefined) out.Mobile = outMobile
  const outRelation = encode('relation', agent.relation)
  if (outRelation !== undefined) out.Relation = outRelation
  const outProxyFrom = day(agent.authorisation?.from)
  if (outProxyFrom !== undefined) out.ProxyFrom = outProxyFrom
  const outProxyTo = day(agent.authorisation?.to)
  if (outProxyTo !== undefined) out.ProxyTo = outProxyTo
  return out
}

function materialToDepartment(m: In, index: number): Out {
  const out: Out = {}
  out.Seq = index + 1
  const outMaterialCode = m.code
  if (outMaterialCode !== undefined) out.MaterialCode = outMaterialCode
  const outMaterialName = m.name
  if (outMaterialName !== undefined) out.MaterialName = outMaterialName
  out.Required = m.required ? '1' : '0'
  const outSubmitType = encode('material-form', m.form)
  if (outSubmitType !== undefined) out.SubmitType = outSubmitType
  const outCopies = m.copies
  if (outCopies !== undefined) out.Copies = outCopies
  const outPages = m.pages
  if (outPages !== undefined) out.Pages = outPages
  const outSource = encode('material-source', m.source?.kind)
  if (outSource !== undefined) out.Source = outSource
  const outLicenceNo = m.source?.licenceNumber
  if (outLicenceNo !== undefined) out.LicenceNo = outLicenceNo
  const outIssuedBy = m.source?.issuer?.name
  if (outIssuedBy !== undefined) out.IssuedBy = outIssuedBy
  const outCollectTime = beijing(m.collectedAt)
  if (outCollectTime !== undefined) out.CollectTime = outCollectTime
  const files: Out[] = []
  for (const file of listOf(m.files)) files.push(fileToDepartment(file))
  out.Files = files
  return out
}

function fileToDepartment(file: In): Out {
  const out: Out = {}
  const outFileId = file.id
  if (outFileId !== undefined) out.FileId = outFileId
  out.FileName = `${text(file.name)}.${text(file.extension)}`
  const outFileSize = file.size
  if (outFileSize !== undefined) out.FileSize = outFileSize
  const outFileMd5 = file.digest?.sm3
  if (outFileMd5 !== undefined) out.FileMd5 = outFileMd5
  const outMediaType = file.mediaType
  if (outMediaType !== undefined) out.MediaType = outMediaType
  return out
}
