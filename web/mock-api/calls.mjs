/** Somebody's call, as the gateway tells it to the page behind their link, and takes changes of it. */

const both = (zh, en) => ({ "zh-CN": zh, en });
const CODE = "246810";
const mask = (number) => `+86*******${number.replace(/\D/gu, "").slice(-4)}`;

/** The call that a link shows at first; what `/mock` sets in `call` is laid over it. */
export const firstCall = () => ({
  state: "queued", locale: "zh-CN", desk: both("云溪市政务服务热线", "Yunxi City Services"), days_ahead: 14, zone: "Asia/Shanghai", verify: false, can_change: true,
  callback: { state: "wanted", number: "+86*******8000" },
  position: { before_min: 2, before_max: 3, wait_secs_min: 180, wait_secs_max: 290, agents: 4 },
});

/** What a new number is answered: a refusal, or null. Where codes are sent, it needs the right one. */
function refusalOf(body, { callRefusal, verify }) {
  if (callRefusal) return callRefusal;
  if (body.number === undefined) return null;
  if (/^1[12]\d$/u.test(body.number)) return { status: 422, code: "invalid", errors: [{ path: "number", problem: "is not called" }] };
  if (!verify) return null;
  if (body.code === undefined) return { status: 403, code: "code_needed" };
  return body.code === CODE ? null : { status: 403, code: "code_wrong" };
}

function moved(call, { number, from, until }) {
  const callback = { ...call.callback, state: "wanted", number: number === undefined ? call.callback.number : mask(number), from, until, next_at: undefined };
  return { ...call, state: from === undefined ? "queued" : "scheduled", position: from === undefined ? firstCall().position : undefined, callback };
}

const over = (call) => ({ ...call, state: "closed", can_change: false, position: undefined, callback: { ...call.callback, state: "over", outcome: "cancelled" } });

/** `phone/requests/{token}` and below; null for another path. The answer has a `status` and perhaps a `body`, `code` or `errors`. */
export function callApi(world, method, path, body) {
  const found = /^phone\/requests\/([^/]+)(\/refusal)?$/u.exec(path);
  if (!found) return null;
  world.callLooks = (world.callLooks ?? 0) + (method === "GET" ? 1 : 0);
  if (world.callTrouble) return world.callTrouble;
  if (decodeURIComponent(found[1]) !== "token") return { status: 404, code: "not_found" };
  world.call = { ...firstCall(), ...world.call };
  if (method === "GET") return { status: 200, body: { ...world.call, verify: world.verify } };
  world.callBodies = [...(world.callBodies ?? []), body];
  if (method === "PUT" && !found[2]) {
    const refusal = refusalOf(body, world);
    if (refusal) return refusal;
    world.call = moved(world.call, body);
    return { status: 200, body: world.call };
  }
  if (world.callRefusal) return world.callRefusal;
  world.call = over(world.call);
  return { status: 204 };
}

/** `chat/callback`: the visitor's own call; null for another path. */
export function chatCallApi(world, visitor, method, path, body) {
  if (path !== "chat/callback") return null;
  const { state } = visitor.conversation;
  if (!state) return { status: 404, code: "not_found" };
  if (method === "DELETE") {
    state.callback = undefined;
  } else {
    const refusal = refusalOf(body, world);
    if (refusal) return refusal;
    world.callBodies = [...(world.callBodies ?? []), body];
    state.callback = { state: "wanted", number: mask(body.number), from: body.from, until: body.until };
  }
  visitor.conversation.say_state();
  return { status: 204 };
}
