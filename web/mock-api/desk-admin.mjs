/** The mock's settings: versions, conflicts, and what admins do beside. */

export function adminAnswers({ data, refuse, mint, now }) {
  const stored = (list) => new Map(list.map((value) => [value.id, { id: value.id, version: 3, updated_at: now() - 7.2e6, updated_by: "chen-jie", value }]));
  const kinds = {
    queues: stored(data.queues), skills: stored(data.skills), agents: stored(data.agents), channels: stored(data.channels), calendars: stored(data.calendars),
    request_types: stored(data.requestTypes), quick_replies: stored(data.quickReplies), webhooks: stored(data.webhooks),
  };
  const keys = new Map([["k7f2", { id: "k7f2", name: "门户网站报表", role: "supervisor", created_at: now() - 8.64e8, last_used_at: now() - 3.6e5 }]]);
  return [
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
