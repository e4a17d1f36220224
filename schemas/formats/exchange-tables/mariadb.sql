-- 前置库的表，MariaDB、MySQL（InnoDB，utf8mb4）。UP_PRO_* 由省平台写、部门读，EA_JC_STEP_* 由部门写、省平台读。
-- 列名区分大小写地核对；text 的字符集是 utf8mb4，姓名里的生僻字才放得下。
-- 省平台的账号：UP_PRO_* 要 select、insert，EA_JC_STEP_* 要 select、update。

-- 申请
create table `UP_PRO_ACCEPT` (
  `row_guid` varchar(50) not null, -- 行标识，中台的消息标识
  `project_no` varchar(50) not null, -- 办件编号
  `local_project_no` varchar(50), -- 部门办件编号（ORGBUSNO），首次发送时还没有
  `project_name` varchar(500), -- 办件摘要
  `project_type` varchar(2), -- 办件类型
  `catalog_code` varchar(12), -- 基本编码
  `task_code` varchar(36) not null, -- 实施编码
  `task_handle_item` varchar(50), -- 业务办理项编码
  `task_version` integer, -- 事项版本
  `task_name` varchar(1000), -- 事项名称
  `scene_code` varchar(2) not null, -- 办理情形
  `apply_type` varchar(2) not null, -- 申请方式
  `apply_date` datetime not null, -- 申请时间
  `accept_date` datetime not null, -- 窗口收件时间
  `applyer_type` varchar(2) not null, -- 申请人类型
  `applyer_name` varchar(200) not null, -- 申请人姓名或名称
  `applyer_page_type` varchar(70) not null, -- 证件类型
  `applyer_page_code` varchar(500) not null, -- 证件号码
  `legal` varchar(100), -- 法定代表人
  `applyer_mobile` varchar(11), -- 申请人手机
  `applyer_phone` varchar(20), -- 申请人固定电话
  `address` varchar(300), -- 地址
  `zip_code` varchar(6), -- 邮编
  `agent_name` varchar(100), -- 代理人
  `agent_page_type` varchar(70), -- 代理人证件类型
  `agent_page_code` varchar(500), -- 代理人证件号码
  `agent_mobile` varchar(11), -- 代理人手机
  `contact_name` varchar(100), -- 联系人
  `contact_type` varchar(70), -- 联系人证件类型
  `contact_code` varchar(500), -- 联系人证件号码
  `contact_mobile` varchar(11), -- 联系人手机
  `contact_phone` varchar(20), -- 联系人固定电话
  `accept_area_code` varchar(12) not null, -- 收件地区划
  `hall_id` varchar(50), -- 大厅编号
  `hall_name` varchar(200), -- 大厅名称
  `window_id` varchar(50), -- 窗口编号
  `handle_area_code` varchar(12) not null, -- 属地区划
  `org_code` varchar(64), -- 属地机构代码
  `org_name` varchar(200), -- 属地机构名称
  `is_delivery_results` varchar(1), -- 是否快递送达
  `delivery_type` varchar(1), -- 结果领取方式
  `receiver_name` varchar(100), -- 收件人
  `receiver_address` varchar(300), -- 收件地址
  `receiver_mobile` varchar(11), -- 收件人手机
  `form_content` longtext, -- 表单，JSON 文本
  `handle_user_id` varchar(64), -- 经办人编号
  `handle_user_name` varchar(100), -- 经办人
  `remark` varchar(2000), -- 备注
  `cd_operation` varchar(1) not null, -- 行操作 I 新增、U 更正、D 删除
  `cd_time` datetime not null, -- 写入时间
  `cd_batch` varchar(32) not null, -- 批次 yyyyMMdd-NN
  `data_source` varchar(3) not null, -- 来源，p41
  `is_sync` varchar(1) default '0' not null, -- 读取标志：0 待读、1 已读、9 有误，由部门填写
  `update_time` datetime, -- 读取时间，由部门填写
  primary key (`row_guid`)
) engine = InnoDB default character set utf8mb4;

-- 补正提交
create table `UP_PRO_SUPPLEMENT` (
  `row_guid` varchar(50) not null, -- 行标识，中台的消息标识
  `project_no` varchar(50) not null, -- 办件编号
  `local_project_no` varchar(50), -- 部门办件编号（ORGBUSNO），首次发送时还没有
  `supplement_date` datetime not null, -- 补正时间
  `correct_times` integer, -- 第几次补正
  `notice_no` varchar(100), -- 补正通知书编号
  `form_content` longtext, -- 表单，JSON 文本
  `handle_user_id` varchar(64), -- 经办人编号
  `handle_user_name` varchar(100), -- 经办人
  `remark` varchar(2000), -- 备注
  `cd_operation` varchar(1) not null, -- 行操作 I 新增、U 更正、D 删除
  `cd_time` datetime not null, -- 写入时间
  `cd_batch` varchar(32) not null, -- 批次 yyyyMMdd-NN
  `data_source` varchar(3) not null, -- 来源，p41
  `is_sync` varchar(1) default '0' not null, -- 读取标志：0 待读、1 已读、9 有误，由部门填写
  `update_time` datetime, -- 读取时间，由部门填写
  primary key (`row_guid`)
) engine = InnoDB default character set utf8mb4;

-- 撤回申请
create table `UP_PRO_WITHDRAW` (
  `row_guid` varchar(50) not null, -- 行标识，中台的消息标识
  `project_no` varchar(50) not null, -- 办件编号
  `local_project_no` varchar(50), -- 部门办件编号（ORGBUSNO），首次发送时还没有
  `withdraw_date` datetime not null, -- 撤回时间
  `withdraw_reason` varchar(2000) not null, -- 撤回理由
  `handle_user_id` varchar(64), -- 经办人编号
  `handle_user_name` varchar(100), -- 经办人
  `remark` varchar(2000), -- 备注
  `cd_operation` varchar(1) not null, -- 行操作 I 新增、U 更正、D 删除
  `cd_time` datetime not null, -- 写入时间
  `cd_batch` varchar(32) not null, -- 批次 yyyyMMdd-NN
  `data_source` varchar(3) not null, -- 来源，p41
  `is_sync` varchar(1) default '0' not null, -- 读取标志：0 待读、1 已读、9 有误，由部门填写
  `update_time` datetime, -- 读取时间，由部门填写
  primary key (`row_guid`)
) engine = InnoDB default character set utf8mb4;

-- 寄出纸质材料
create table `UP_PRO_PAPER` (
  `row_guid` varchar(50) not null, -- 行标识，中台的消息标识
  `project_no` varchar(50) not null, -- 办件编号
  `local_project_no` varchar(50), -- 部门办件编号（ORGBUSNO），首次发送时还没有
  `send_date` datetime not null, -- 寄出时间
  `express_company` varchar(100) not null, -- 快递公司
  `express_no` varchar(50) not null, -- 快递单号
  `receive_org_code` varchar(64), -- 收件机构代码
  `receive_org_name` varchar(200), -- 收件机构名称
  `window_id` varchar(50), -- 窗口编号
  `handle_user_id` varchar(64), -- 经办人编号
  `handle_user_name` varchar(100), -- 经办人
  `remark` varchar(2000), -- 备注
  `cd_operation` varchar(1) not null, -- 行操作 I 新增、U 更正、D 删除
  `cd_time` datetime not null, -- 写入时间
  `cd_batch` varchar(32) not null, -- 批次 yyyyMMdd-NN
  `data_source` varchar(3) not null, -- 来源，p41
  `is_sync` varchar(1) default '0' not null, -- 读取标志：0 待读、1 已读、9 有误，由部门填写
  `update_time` datetime, -- 读取时间，由部门填写
  primary key (`row_guid`)
) engine = InnoDB default character set utf8mb4;

-- 结果送达
create table `UP_PRO_DELIVER` (
  `row_guid` varchar(50) not null, -- 行标识，中台的消息标识
  `project_no` varchar(50) not null, -- 办件编号
  `local_project_no` varchar(50), -- 部门办件编号（ORGBUSNO），首次发送时还没有
  `deliver_date` datetime not null, -- 送达时间
  `is_delivery_results` varchar(1) not null, -- 是否快递送达
  `delivery_type` varchar(1) not null, -- 结果领取方式
  `receiver_name` varchar(100), -- 领取人
  `receiver_page_type` varchar(70), -- 领取人证件类型
  `receiver_page_code` varchar(500), -- 领取人证件号码
  `express_company` varchar(100), -- 快递公司
  `express_no` varchar(50), -- 快递单号
  `window_id` varchar(50), -- 窗口编号
  `handle_user_id` varchar(64), -- 经办人编号
  `handle_user_name` varchar(100), -- 经办人
  `remark` varchar(2000), -- 备注
  `cd_operation` varchar(1) not null, -- 行操作 I 新增、U 更正、D 删除
  `cd_time` datetime not null, -- 写入时间
  `cd_batch` varchar(32) not null, -- 批次 yyyyMMdd-NN
  `data_source` varchar(3) not null, -- 来源，p41
  `is_sync` varchar(1) default '0' not null, -- 读取标志：0 待读、1 已读、9 有误，由部门填写
  `update_time` datetime, -- 读取时间，由部门填写
  primary key (`row_guid`)
) engine = InnoDB default character set utf8mb4;

-- 好差评
create table `UP_PRO_EVALUATE` (
  `row_guid` varchar(50) not null, -- 行标识，中台的消息标识
  `project_no` varchar(50) not null, -- 办件编号
  `local_project_no` varchar(50), -- 部门办件编号（ORGBUSNO），首次发送时还没有
  `assess_time` datetime not null, -- 评价时间
  `satisfaction` varchar(1) not null, -- 满意度，5 为最好
  `eval_detail` varchar(420) not null, -- 指标代码，逗号相连
  `writing_evaluation` varchar(2000), -- 文字评价
  `assess_number` integer, -- 第几次评价
  `user_name` varchar(100), -- 评价人
  `pf` varchar(2), -- 评价渠道
  `window_id` varchar(50), -- 窗口编号
  `org_code` varchar(64), -- 被评机构代码
  `org_name` varchar(200), -- 被评机构名称
  `pro_manager_no` varchar(64), -- 经办人编号
  `pro_manager` varchar(100), -- 经办人
  `cd_operation` varchar(1) not null, -- 行操作 I 新增、U 更正、D 删除
  `cd_time` datetime not null, -- 写入时间
  `cd_batch` varchar(32) not null, -- 批次 yyyyMMdd-NN
  `data_source` varchar(3) not null, -- 来源，p41
  `is_sync` varchar(1) default '0' not null, -- 读取标志：0 待读、1 已读、9 有误，由部门填写
  `update_time` datetime, -- 读取时间，由部门填写
  primary key (`row_guid`)
) engine = InnoDB default character set utf8mb4;

-- 材料
create table `UP_PRO_MATERIAL` (
  `row_guid` varchar(50) not null, -- 行标识
  `parent_guid` varchar(50) not null, -- 所属的那一行
  `project_no` varchar(50) not null, -- 办件编号
  `sn` integer not null, -- 顺序号
  `material_code` varchar(50), -- 材料编码
  `material_name` varchar(200) not null, -- 材料名称
  `get_type` varchar(2) not null, -- 收取方式
  `get_num` integer, -- 原件份数
  `copy_num` integer, -- 复印件份数
  `is_collected` varchar(1), -- 是否已收
  `is_tolerance` varchar(1), -- 是否容缺
  `express_date` datetime, -- 寄出时间
  `express_company` varchar(100), -- 快递公司
  `express_no` varchar(50), -- 快递单号
  `cd_operation` varchar(1) not null, -- 行操作 I 新增、U 更正、D 删除
  `cd_time` datetime not null, -- 写入时间
  `cd_batch` varchar(32) not null, -- 批次 yyyyMMdd-NN
  `data_source` varchar(3) not null, -- 来源，p41
  primary key (`row_guid`)
) engine = InnoDB default character set utf8mb4;
create index `up_pro_material_parent` on `UP_PRO_MATERIAL` (`parent_guid`);

-- 附件
create table `UP_PRO_ATTACH` (
  `row_guid` varchar(50) not null, -- 行标识
  `parent_guid` varchar(50) not null, -- 所属的那一行
  `project_no` varchar(50) not null, -- 办件编号
  `material_sn` integer not null, -- 所属材料的顺序号
  `attach_id` varchar(200) not null, -- 附件编号
  `material_attach_name` varchar(255) not null, -- 附件名称
  `media_type` varchar(127), -- 类型
  `file_size` bigint, -- 字节数
  `digest_type` varchar(10), -- 摘要算法
  `digest` varchar(64), -- 摘要
  `cd_operation` varchar(1) not null, -- 行操作 I 新增、U 更正、D 删除
  `cd_time` datetime not null, -- 写入时间
  `cd_batch` varchar(32) not null, -- 批次 yyyyMMdd-NN
  `data_source` varchar(3) not null, -- 来源，p41
  primary key (`row_guid`)
) engine = InnoDB default character set utf8mb4;
create index `up_pro_attach_parent` on `UP_PRO_ATTACH` (`parent_guid`);

-- 办件基本信息
create table `EA_JC_STEP_BASICINFO` (
  `ORGBUSNO` varchar(36) not null, -- 部门办件编号
  `PROJID` varchar(50) not null, -- 办件编号，省平台的
  `DATAVER` integer default 1 not null, -- 数据版本，从 1 起，更正重报加一
  `STDVER` varchar(10) default '1' not null, -- 标准版本
  `CD_OPERATION` varchar(1), -- 行操作，空即新增；D 不收
  `RECEIVETIME` datetime not null, -- 收件时间
  `PROMISETIME` numeric(6, 1), -- 承诺时限
  `PROMISETIMEUNIT` varchar(1), -- 时限单位：1 工作日
  `PROCUNIT` varchar(64), -- 办理机构代码
  `PROCUNITNAME` varchar(200) not null, -- 办理机构名称
  `NODEPROCER` varchar(64), -- 办理人编号
  `NODEPROCERNAME` varchar(100) not null, -- 办理人
  `REMARK` varchar(2000), -- 备注
  `MAKETIME` datetime default current_timestamp not null, -- 生成时间
  `SIGNSTATE` varchar(1) default '0' not null, -- 读取标志：0 待读、1 已读、2 退回，由省平台填写
  `ISOK` varchar(1), -- 2 有误，由省平台填写
  `EXT1` varchar(2000), -- 退回的原因，由省平台填写
  primary key (`ORGBUSNO`, `DATAVER`)
) engine = InnoDB default character set utf8mb4;
create index `ea_jc_step_basicinfo_waiting` on `EA_JC_STEP_BASICINFO` (`SIGNSTATE`, `MAKETIME`);

-- 办理环节
create table `EA_JC_STEP_PROC` (
  `ORGBUSNO` varchar(36) not null, -- 部门办件编号
  `PROJID` varchar(50) not null, -- 办件编号，省平台的
  `DATAVER` integer default 1 not null, -- 数据版本，从 1 起，更正重报加一
  `STDVER` varchar(10) default '1' not null, -- 标准版本
  `CD_OPERATION` varchar(1), -- 行操作，空即新增；D 不收
  `SN` integer not null, -- 表内顺序号
  `NODENAME` varchar(200) not null, -- 环节名称
  `NODESTATE` varchar(2) not null, -- 01 待办、02 已办
  `NODESTARTTIME` datetime not null, -- 开始时间
  `NODEENDTIME` datetime not null, -- 结束时间，没有结束时重复开始
  `NODEADV` varchar(2000), -- 环节意见
  `DOCNO` varchar(100), -- 文书编号
  `NODETYPE` varchar(1) not null, -- 1 开始、2 中间、3 结束、4 唯一
  `NODERESULT` varchar(1), -- 0 不同意、1 同意、2 不受理、3 不予受理、4 受理、5 补齐补正、6 特别程序、7 退回
  `PROMISETIME` numeric(6, 1), -- 承诺时限
  `PROMISETIMEUNIT` varchar(1), -- 时限单位：1 工作日
  `PROMISEDATE` date, -- 承诺办结日期
  `PROCUNIT` varchar(64), -- 办理机构代码
  `PROCUNITNAME` varchar(200) not null, -- 办理机构名称
  `NODEPROCER` varchar(64), -- 办理人编号
  `NODEPROCERNAME` varchar(100) not null, -- 办理人
  `REMARK` varchar(2000), -- 备注
  `MAKETIME` datetime default current_timestamp not null, -- 生成时间
  `SIGNSTATE` varchar(1) default '0' not null, -- 读取标志：0 待读、1 已读、2 退回，由省平台填写
  `ISOK` varchar(1), -- 2 有误，由省平台填写
  `EXT1` varchar(2000), -- 退回的原因，由省平台填写
  primary key (`ORGBUSNO`, `SN`, `DATAVER`)
) engine = InnoDB default character set utf8mb4;
create index `ea_jc_step_proc_waiting` on `EA_JC_STEP_PROC` (`SIGNSTATE`, `MAKETIME`);

-- 特别环节
create table `EA_JC_STEP_SPECIALNODE` (
  `ORGBUSNO` varchar(36) not null, -- 部门办件编号
  `PROJID` varchar(50) not null, -- 办件编号，省平台的
  `DATAVER` integer default 1 not null, -- 数据版本，从 1 起，更正重报加一
  `STDVER` varchar(10) default '1' not null, -- 标准版本
  `CD_OPERATION` varchar(1), -- 行操作，空即新增；D 不收
  `SN` integer not null, -- 表内顺序号
  `NODENAME` varchar(200) not null, -- 环节名称
  `NODESTATE` varchar(2) not null, -- 01 待办、02 已办
  `NODESTARTTIME` datetime not null, -- 开始时间
  `NODEENDTIME` datetime not null, -- 结束时间，没有结束时重复开始
  `NODEADV` varchar(2000) not null, -- 环节意见
  `DOCNO` varchar(100), -- 文书编号
  `NODERESULT` varchar(1) not null, -- 1 补齐补正、2 听证、3 公示、4 核实、5 挂起、6 预审补齐补正
  `LISTS` varchar(4000), -- 补正材料名称，分号相连
  `CORRECTWAYS` varchar(10), -- 补正途径，逗号相连：1 网上、2 邮寄、3 窗口
  `NOTETIME` datetime, -- 告知申请人的时间
  `LIMITDATE` date, -- 补正期限或预计结束日期
  `PROCUNIT` varchar(64), -- 办理机构代码
  `PROCUNITNAME` varchar(200) not null, -- 办理机构名称
  `NODEPROCER` varchar(64), -- 办理人编号
  `NODEPROCERNAME` varchar(100) not null, -- 办理人
  `REMARK` varchar(2000), -- 备注
  `MAKETIME` datetime default current_timestamp not null, -- 生成时间
  `SIGNSTATE` varchar(1) default '0' not null, -- 读取标志：0 待读、1 已读、2 退回，由省平台填写
  `ISOK` varchar(1), -- 2 有误，由省平台填写
  `EXT1` varchar(2000), -- 退回的原因，由省平台填写
  primary key (`ORGBUSNO`, `SN`, `DATAVER`)
) engine = InnoDB default character set utf8mb4;
create index `ea_jc_step_specialnode_waiting` on `EA_JC_STEP_SPECIALNODE` (`SIGNSTATE`, `MAKETIME`);

-- 办结
create table `EA_JC_STEP_DONE` (
  `ORGBUSNO` varchar(36) not null, -- 部门办件编号
  `PROJID` varchar(50) not null, -- 办件编号，省平台的
  `DATAVER` integer default 1 not null, -- 数据版本，从 1 起，更正重报加一
  `STDVER` varchar(10) default '1' not null, -- 标准版本
  `CD_OPERATION` varchar(1), -- 行操作，空即新增；D 不收
  `DONETIME` datetime not null, -- 办结时间
  `DONERESULT` varchar(1) not null, -- 0 出证办结、1 退回办结、2 作废、3 删除、4 转报、5 补正不来办结、6 办结（其余）
  `DONEEXPLAIN` varchar(2000), -- 办结说明
  `CERTNAME` varchar(200), -- 证照名称
  `CERTNO` varchar(100), -- 证照编号
  `CERTISSUER` varchar(200), -- 发证机构
  `CERTDATE` date, -- 发证日期
  `CERTFROM` date, -- 有效期起
  `CERTUNTIL` date, -- 有效期止，2099-12-31 即长期
  `PROCUNIT` varchar(64), -- 办理机构代码
  `PROCUNITNAME` varchar(200) not null, -- 办理机构名称
  `NODEPROCER` varchar(64), -- 办理人编号
  `NODEPROCERNAME` varchar(100) not null, -- 办理人
  `REMARK` varchar(2000), -- 备注
  `MAKETIME` datetime default current_timestamp not null, -- 生成时间
  `SIGNSTATE` varchar(1) default '0' not null, -- 读取标志：0 待读、1 已读、2 退回，由省平台填写
  `ISOK` varchar(1), -- 2 有误，由省平台填写
  `EXT1` varchar(2000), -- 退回的原因，由省平台填写
  primary key (`ORGBUSNO`, `DATAVER`)
) engine = InnoDB default character set utf8mb4;
create index `ea_jc_step_done_waiting` on `EA_JC_STEP_DONE` (`SIGNSTATE`, `MAKETIME`);
