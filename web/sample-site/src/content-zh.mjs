/** What the sample city's pages say in Chinese. */

const services = [
  { id: "tax-refund", icon: "ReceiptText", name: "个人所得税退税", note: "进度查询 · 补退税", text: "在个人所得税 App 提交汇算后，一般 7 至 15 个工作日内退到您绑定的银行卡。审核中可随时更正申报。" },
  { id: "social-insurance", icon: "ShieldCheck", name: "社会保险转移接续", note: "全程网办 · 无需到场", text: "在线提交申请后，转出地与转入地各有 15 个工作日的办理时限，进度会以短信通知您。" },
  { id: "medical", icon: "HeartPulse", name: "医保异地就医备案", note: "即时办结", text: "备案后可在异地定点医疗机构直接结算。备案长期有效，可随时变更就医地。" },
  { id: "business", icon: "Store", name: "企业开办一件事", note: "0.5 个工作日", text: "营业执照、公章、税务、社保、公积金一次填报，最快半个工作日领取全部证照。" },
  { id: "property", icon: "House", name: "不动产登记", note: "预约 · 查询 · 过户", text: "二手房过户可在线预审，材料齐全的当日受理、3 个工作日办结。" },
  { id: "residence", icon: "IdCard", name: "居住证办理与签注", note: "手机申请 · 邮寄到家", text: "首次申领需在本市居住登记满半年。签注可在手机上完成，证件免费邮寄。" },
  { id: "housing-fund", icon: "PiggyBank", name: "住房公积金提取", note: "秒批 · 当日到账", text: "租房、购房、退休等情形可在线提取，信息核验通过后资金当日到账。" },
  { id: "birth", icon: "Baby", name: "出生一件事", note: "7 项业务一表办", text: "出生医学证明、户口登记、医保参保等七项业务，填一张表即可联办。" },
];

const common = {
  lang: "zh-CN",
  skip: "跳到主要内容",
  city: "云溪市政务服务网",
  cityNote: "一网通办 · 一次办好",
  nav: [["高频服务", "#services"], ["办事指南", "#guide"], ["通知公告", "#news"], ["服务渠道", "#contact"]],
  other: { text: "English", href: "en.html", lang: "en" },
  searchLabel: "搜索服务事项",
  searchPlaceholder: "搜索您要办的事，例如“社保转移”",
  search: "搜索",
  none: "没有找到相关事项。您可以点右下角的在线咨询，我们来帮您。",
  servicesTitle: "高频服务",
  guideTitle: "办事指南",
  newsTitle: "通知公告",
  contactTitle: "服务渠道",
  chat: { title: "在线咨询", text: "工作日 9:00–12:00、13:30–17:30 有人值守，其他时间可以留言。", button: "现在咨询" },
  hall: { title: "政务服务中心", text: "云溪市临河路 1 号，工作日 9:00–17:30，周六上午照常办理。" },
  rate: { title: "好差评", text: "每次咨询结束后都可以评价，我们逐条回看。" },
  footer: "本页是演示网站，云溪市是虚构的城市，所列事项仅作示例。",
  privacy: "隐私说明",
  home: "返回首页",
};

const news = [
  ["2026-11-20", "关于 2027 年度城乡居民医保集中缴费期的通知"],
  ["2026-11-17", "政务服务中心新增周六上午延时服务窗口"],
  ["2026-11-12", "“企业开办一件事”实现半个工作日办结"],
  ["2026-11-06", "住房公积金提取上线人脸核验，减少 3 份材料"],
  ["2026-10-30", "关于系统升级期间暂停部分网办业务的公告"],
];

export const index = {
  ...common, file: "index.html", channel: "website", services, news,
  title: "云溪市政务服务网", hero: "办事，从这里开始", heroNote: "1,286 项服务网上可办，九成以上无需跑腿",
  words: ["个税退税", "社保转移", "企业开办", "公积金"],
};

export const agency = {
  ...common, file: "agency.html", channel: "agency_portal", city: "云溪市部门接入门户", cityNote: "数据共享 · 接口服务",
  title: "云溪市部门接入门户", hero: "部门接入，一站联调", heroNote: "面向使用政务平台的委办局与区县单位",
  words: ["接入申请", "接口联调", "证书", "故障"],
  services: [
    { id: "apply", icon: "FileInput", name: "接入申请", note: "3 个工作日内答复", text: "填写接入申请表并上传立项批复，审核通过后发放测试环境账号。" },
    { id: "sandbox", icon: "FlaskConical", name: "接口联调", note: "测试环境 · 在线文档", text: "测试环境全天开放，联调通过后由平台出具联调报告。" },
    { id: "certificate", icon: "KeyRound", name: "证书与密钥", note: "申领 · 更新 · 吊销", text: "证书有效期一年，到期前 30 天提醒更新，遗失请立即吊销。" },
    { id: "fault", icon: "TriangleAlert", name: "接口异常报告", note: "30 分钟内响应", text: "请附上请求编号与发生时间，值班工程师会在 30 分钟内响应。" },
  ],
  news: news.slice(2),
};

export const staff = {
  ...common, file: "staff.html", channel: "staff_portal", city: "云溪市公务人员服务台", cityNote: "办公系统 · 账号权限",
  title: "云溪市公务人员服务台", hero: "工作上的事，找服务台", heroNote: "面向全市公务人员的办公系统支持",
  words: ["账号", "公文", "会议", "权限"],
  services: [
    { id: "account", icon: "UserRoundCog", name: "账号与权限", note: "开通 · 变更 · 停用", text: "由本单位管理员提交申请，当日开通。离岗人员请在当日停用。" },
    { id: "documents", icon: "FileStack", name: "公文系统", note: "收发 · 签批 · 归档", text: "遇到签批卡住，请提供公文编号，我们在后台为您查看流程。" },
    { id: "meeting", icon: "Video", name: "视频会议", note: "预约 · 保障", text: "重要会议请提前一个工作日预约保障人员。" },
    { id: "device", icon: "Laptop", name: "设备与网络", note: "报修 · 更换", text: "工作时间内两小时到场，紧急情况请在咨询中注明。" },
  ],
  news: news.slice(1, 4),
};

export const privacy = {
  ...common, file: "privacy.html", title: "隐私说明",
  heading: "在线咨询的隐私说明",
  paragraphs: [
    "您在咨询中填写的称呼、问题和上传的文件，只用于答复和办理您的这次咨询。",
    "只有为您服务的坐席和其主管可以查看咨询内容，每一次查看都会留下记录。",
    "请不要在咨询中发送密码、验证码或银行卡信息，我们的工作人员也不会向您索要。",
    "您可以随时要求我们更正或删除您的信息，在咨询中告诉坐席即可。",
  ],
};
