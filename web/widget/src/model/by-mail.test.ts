import { describe, expect, it } from "vitest";
import { looksLikeAddress, offers, refusalWords } from "./by-mail.ts";
import { agentSays, channel, contactSays, heard, model, state, welcome } from "./fixtures.ts";
import { reduce } from "./reduce.ts";

const withMail = { ...channel, by_mail: true };
const served = (change = {}) => heard(model({ channel: withMail }), welcome([contactSays(1, "a"), agentSays(2)], state(change)));

describe("what goes by mail", () => {
  it("is offered only where the chat has a mailbox", () => {
    expect([offers(served(), "answers"), offers(served(), "transcript")]).toEqual([true, true]);
    const without = heard(model(), welcome([contactSays(1, "a"), agentSays(2)]));
    expect([offers(without, "answers"), offers(without, "transcript")]).toEqual([false, false]);
    expect(offers(model({ channel: withMail }), "answers")).toBe(false);
  });
  it("begins with an answer, and ends with the conversation", () => {
    const waiting = heard(model({ channel: withMail }), welcome([contactSays(1, "a")], state({ state: "queued" })));
    expect([offers(waiting, "answers"), offers(waiting, "transcript")]).toEqual([true, false]);
    const over = served({ state: "closed" });
    expect([offers(over, "answers"), offers(over, "transcript")]).toEqual([false, true]);
  });
  it("is one question at a time", () => {
    const asked = reduce(reduce(served(), { type: "end_asked" }), { type: "mail_asked", what: "answers" });
    expect([asked.ending, asked.mailWish]).toEqual(["no", "answers"]);
    expect(reduce(asked, { type: "end_asked" }).mailWish).toBe(null);
    expect(reduce(asked, { type: "mail_dismissed" }).mailWish).toBe(null);
  });
  it("has words for each refusal", () => {
    expect(refusalWords("too_many_addresses")).toBe("mail_refused_too_many_addresses");
    expect(refusalWords("unavailable")).toBe("mail_refused_other");
  });
  it("goes to something that looks like an address", () => {
    expect(["w@a.cn", " w.x+y@mail.a.cn "].every(looksLikeAddress)).toBe(true);
    expect(["", "w", "w@a", "w@a.cn, x@b.cn", "w @a.cn"].some(looksLikeAddress)).toBe(false);
  });
});
