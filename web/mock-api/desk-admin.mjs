/** The mock's settings: versions, conflicts, and what admins do beside. */

export function adminAnswers({ data, refuse, mint, now }) {
  const stored = (list) => new Map(list.map((value) => [value.id, { id: value.id, version: 3, updated_at: now() - 7.2e6, updated_by: "chen-jie", value }]));
  const kinds = {
    queues: stored(data.queues), skills: stored(data.skills), agents: stored(data.agents), channels: stored(data.channels), calendars: stored(data.calendars),
    request_types: stored(data.requestTypes), quick_replies: stored(data.quickReplies), webhooks: stored(data.webhooks),
  };
  const keys = new Map([["k7f2", { id: "k7f2", name: "门户网站报表", role: "supervisor", created_at: now() - 8.64e8, last_used_at: now() - 3.6e5 }]]);
  const refused = [
    ["rn_3", "+86*******8000", 2.1e6, "contact", ""], ["rn_2", "+86*******0199", 9.1e7, "agent", "要求书面联系"], ["rn_1", "+852****4321", 6.5e8, "supervisor", "多次投诉来电"],
  ].map(([id, number, ago, by, note]) => ({ id, number, since: now() - ago, by, note }));
  const measures = { line: "hotline", requested: 128, connected: 97, tried: 110, first_try: 71, with_window: 24, in_window: 21, abandoned: 18, given_up: 11, withdrawn: 2, attempts: 163,
    mean_wait_ms: 252_000, longest_wait_ms: 1_815_000, agent_rung: 170, agent_answered_in_time: 158, within_secs: 15, first_try_rate: 71 / 110, in_window_rate: 21 / 24,
    agent_answer_rate: 158 / 170, abandonment_rate: 18 / 128 };
  return [
    ["GET", "/phone/refused-numbers", () => refused],
    ["POST", "/phone/refused-numbers", (_, __, body) => { const one = { id: mint("rn"), number: `+86*******${body.number.slice(-4)}`, since: now(), by: "supervisor", note: body.note }; refused.unshift(one); return one; }],
    ["DELETE", "/phone/refused-numbers/:id", ([id]) => void refused.splice(refused.findIndex((each) => each.id === id), 1)],
    ["GET", "/reports/callbacks", () => [measures, { ...measures, line: "city-app", requested: 0, connected: 0, tried: 0, first_try: 0, with_window: 0, in_window: 0, abandoned: 0, given_up: 0,
      attempts: 0, mean_wait_ms: null, longest_wait_ms: null, agent_rung: 0, agent_answered_in_time: 0, first_try_rate: null, in_window_rate: null, agent_answer_rate: null, abandonment_rate: null }]],
    ["GET", "/settings/:kind", ([kind]) => [...kinds[kind].values()]],
    ["PUT", "/settings/:kind/:id", ([kind, id], _, body) => {
      const before = kinds[kind].get(id);
      if ((before?.version ?? 0) !== (body.version ?? 0)) throw refuse(409, "stale_version");
      if (kind === "channels" && body.value.topics.length === 0) throw refuse(422, "invalid", "the desk would not be valid", [{ path: "channels[0].topics", problem: "needs at least one topic" }]);
      const next = { id, version: (before?.version ?? 0) + 1, updated_at: now(), updated_by: "li-na", value: body.value };
      kinds[kind].set(id, next);
      return next;
    }],
    ["DELETE", "/settings/:kind/:id", ([kind, id]) => void kinds[kind].delete(id)],
    ["POST", "/settings/try", (_, __, body) => {
      const channel = data.channels.find((each) => each.id === body.channel);
      const topic = channel.topics.find((each) => each.id === body.topic) ?? channel.topics[0];
      const queue = data.queues.find((each) => each.id === topic.queue);
      const lane = (rung) => `w|${Object.entries(rung.skills).map(([skill, level]) => `${skill}:${level}`).join(",")}||`;
      return { queue: queue.id, lane: lane(queue.ladder[0]), due_at: now() + queue.target_secs * 1000, opens_at: null, ladder: queue.ladder.map((rung, n) => ({ after_ms: rung.after_secs * 1000, need: { skills: rung.skills }, eligible: ["li-na", "wang-wei", "sun-li"].slice(0, n + 1) })) };
    }],
    ["POST", "/agents/:id/password", () => ({ password: "korb-linde-7-anker" })],
    ["POST", "/agents/:id/revoke", () => undefined],
    ["GET", "/api_keys", () => [...keys.values()]],
    ["POST", "/api_keys", (_, __, body) => { const id = mint("k"); keys.set(id, { id, ...body, created_at: now() }); return { id, key: `hk_${id}_0123456789abcdef` }; }],
    ["DELETE", "/api_keys/:id", ([id]) => void keys.delete(id)],
    ["POST", "/webhooks/:id/rotate_secret", () => ({ secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" })],
  ];
}
