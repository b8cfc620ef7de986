/** What apps need beside the socket: frames by requests, devices, wishes for notifications. */

/** What the sample's backend answers: who there is, and a word for each that this mock believes. */
export const PEOPLE = [{ id: "wang-fang", name: "王芳" }, { id: "li-qiang", name: "李强" }];

/** The key of a Web Push sender that does not exist: browsers take it, nothing is ever pushed with it. */
export const WEB_PUSH_KEY = "BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U";

const wishes = () => ({ answer: true, status: true, reminder: true, rating: true, private: false, quiet: null });

const versionOf = ({ conversation }) => {
  const text = JSON.stringify([conversation.messages.length, conversation.state]);
  return [...text].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) % 4_294_967_291, 7).toString(36);
};

/** Answers at once when something is new for whoever stopped there, else when something comes or the wait is over. */
export function frames(visitor, query) {
  const at = query.get("conversation");
  const resume = at === null ? null : { epoch: query.get("epoch"), conversation: at, seq: Number(query.get("seq")) };
  const answer = () => ({ frames: [visitor.conversation.welcome(resume)], version: versionOf(visitor) });
  if (query.get("version") !== versionOf(visitor)) return Promise.resolve(answer());
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      visitor.waiting.delete(done);
      resolve(answer());
    };
    const timer = setTimeout(done, Math.min(Number(query.get("wait_ms")), 25_000));
    visitor.waiting.add(done);
  });
}

/** `devices/{device}` and `notifications`; null for a path that is neither. */
export function appApi(visitor, method, path, body) {
  const device = /^chat\/devices\/([\w-]{16,64})$/.exec(path)?.[1];
  if (device !== undefined) {
    if (method === "DELETE") {
      visitor.devices.delete(device);
      return { status: 204 };
    }
    visitor.devices.set(device, body);
    return { status: 200, body: { device, provider: body.provider, registered_at: Date.now() } };
  }
  if (path !== "chat/notifications") return null;
  visitor.wishes = method === "PUT" ? body : (visitor.wishes ?? wishes());
  return { status: 200, body: visitor.wishes };
}
