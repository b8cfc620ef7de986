/** One conversation in memory: a log with a gapless seq, a state, and an agent who can be made to act. */

const AGENT = { id: "lin-fang", name: "林芳" };
const ANSWERS = [
  "您好，我是林芳，很高兴为您服务。请稍候，我为您查询一下。",
  "已经查到了：退税一般在审核通过后的 7 至 15 个工作日到账，进度可以在 https://tax.example.gov.cn/refund 查看。",
  "不客气，还有其他问题吗？",
];

export class Conversation {
  messages = [];
  state = null;
  tell = () => {};

  constructor(auto) {
    this.auto = auto;
  }

  welcome(resume) {
    const resumed = Boolean(resume && this.state && resume.conversation === this.state.id && resume.epoch === "e1");
    const messages = resumed ? this.messages.filter((one) => one.seq > resume.seq) : this.messages.slice(-200);
    return { type: "welcome", epoch: "e1", resumed, conversation: this.state, messages, now: Date.now() };
  }

  hear(frame, answer, contact, world) {
    if (frame.type === "send") return this.heardWords(frame, answer, contact, world);
    if (frame.type === "read") return this.mark("contact", frame.seq);
    if (frame.type === "end") {
      answer({ type: "ack", client_id: frame.client_id });
      return this.close("contact");
    }
    if (frame.type === "rate") {
      this.state.grade = frame.grade;
      return answer({ type: "ack", client_id: frame.client_id });
    }
    return undefined;
  }

  heardWords(frame, answer, contact, world) {
    if (world.mute) return;
    if (world.refuse) return answer({ type: "refused", client_id: frame.client_id, code: world.refuse, detail: "no" });
    let message = this.messages.find((one) => one.client_id === frame.client_id);
    if (!message) {
      if (!this.state) this.open(world);
      if (this.state.state === "closed") this.reopen();
      const files = frame.files.map((id) => ({ id, name: `${id}.png`, media_type: world.fileType ?? "image/png", bytes: 240_000 }));
      message = this.append({ author: { type: "contact", id: contact }, kind: "text", text: frame.text, files, client_id: frame.client_id });
      if (this.auto) this.play();
    }
    answer({ type: "ack", client_id: frame.client_id, conversation: this.state.id, seq: message.seq, message: message.id });
  }

  open(world) {
    this.state = {
      id: `cnv_${crypto.randomUUID().slice(0, 8)}`, state: world.closedHours ? "scheduled" : "queued",
      queue_name: { "zh-CN": "税务咨询", en: "Tax" }, last_seq: 0, read_by_agent: 0, read_by_contact: 0,
      ...(world.closedHours ? { opens_at: Date.now() + 10 * 3_600_000 } : {
        position: { before_min: 2, before_max: 3, wait_secs_min: 180, wait_secs_max: 290, agents: 4 },
      }),
    };
    this.say_state();
  }

  /** A simulated agent: takes the conversation, reads, types, answers. */
  play() {
    const after = (ms, action) => setTimeout(action, ms);
    if (this.state.state === "queued") {
      after(2500, () => this.place(0, 0, 0, 50));
      after(5000, () => this.join());
    }
    const wait = this.state.state === "queued" ? 6000 : 1000;
    after(wait, () => this.mark("agent", this.messages.length));
    after(wait + 400, () => this.typing());
    after(wait + 2500, () => this.reply(ANSWERS[Math.min(this.answered ?? 0, ANSWERS.length - 1)]));
    this.answered = (this.answered ?? -1) + 1;
  }

  place(min, max, waitMin, waitMax, agents = 4) {
    this.state.position = { before_min: min, before_max: max, agents, ...(waitMax ? { wait_secs_min: waitMin, wait_secs_max: waitMax } : {}) };
    this.say_state();
  }

  join() {
    Object.assign(this.state, { state: "active", agent_name: AGENT.name, position: undefined });
    this.append({ author: { type: "system" }, kind: "notice", notice: { code: "joined", agent: AGENT.id } });
    this.say_state();
  }

  reply(text, files = []) {
    this.append({ author: { type: "agent", id: AGENT.id }, kind: "text", text, files });
  }

  leave(address) {
    this.state.mail_address = address;
    this.say_state();
  }

  goesByMail() {
    this.append({ author: { type: "system" }, kind: "notice", notice: { code: "went_by_mail", seq: this.messages.length } });
  }

  typing() {
    this.tell({ type: "typing" });
  }

  link(up) {
    this.tell({ type: "link", up });
  }

  close(by = "agent") {
    this.state.state = "closed";
    this.append({ author: { type: "system" }, kind: "notice", notice: { code: "closed", by } });
    this.say_state();
  }

  reopen() {
    Object.assign(this.state, { state: "active", grade: undefined });
    this.append({ author: { type: "system" }, kind: "notice", notice: { code: "reopened" } });
    this.say_state();
  }

  mark(by, seq = this.messages.length) {
    if (!this.state) return;
    this.state[`read_by_${by}`] = seq;
    this.tell({ type: "read", by, seq });
  }

  /** Fills the log with the past. */
  past(count) {
    // A page of a test before may have come back, and has said nothing yet.
    if (!this.state) return;
    for (let n = 0; n < count; n += 1) {
      const author = n % 3 === 0 ? { type: "agent", id: AGENT.id } : { type: "contact", id: "ctc_1" };
      this.append({ author, kind: "text", text: `第 ${n + 1} 条` });
    }
  }

  append(content) {
    const seq = this.messages.length + 1;
    const message = { seq, at: Date.now(), id: `msg_${seq}`, ...content };
    this.messages.push(message);
    this.state.last_seq = seq;
    this.tell({ type: "message", conversation: this.state.id, message });
    return message;
  }

  say_state() {
    this.tell({ type: "state", conversation: this.state });
  }
}
