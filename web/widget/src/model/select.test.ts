import { placeWords, refusal, rowsOf, sizeText, unreadOf, waitWords } from "@hutong/chat";
import { describe, expect, it } from "vitest";
import { agentSays, channel, contactSays, heard, model, NOW, notice, outgoing, state, welcome } from "./fixtures.ts";
import { reduce } from "./reduce.ts";
import {
  activeOf, asked, authorName, hoursOf, lineWords, markOf, screenOf, sendable, toMarkRead, toMarkReceived,
} from "./select.ts";

describe("the screens", () => {
  it("follow the road: topics, the first message, the conversation", () => {
    expect(screenOf(model({ phase: "loading", channel: null }))).toBe("loading");
    expect(screenOf(model({ phase: "failed", channel: null }))).toBe("failed");
    expect(screenOf(model({ contact: null }))).toBe("home");
    const chosen = reduce(model({ contact: null }), { type: "topic_chosen", topic: "tax" });
    expect(screenOf(chosen)).toBe("start");
    expect(screenOf(reduce(chosen, { type: "said", outgoing: outgoing("a") }))).toBe("chat");
  });

  it("wait for the first welcome of a person who was here before, but not for ever", () => {
    const back = model({ line: "connecting" });
    expect(screenOf(back)).toBe("loading");
    expect(screenOf(reduce(back, { type: "line_late" }))).toBe("home");
  });

  it("go straight to the message when there is one topic, and forget a topic that is gone", () => {
    const one = { ...channel, topics: channel.topics.slice(0, 1) };
    expect(reduce(model(), { type: "channel_loaded", channel: one }).topic).toBe("tax");
    expect(reduce(model({ topic: "gone" }), { type: "channel_loaded", channel }).topic).toBeNull();
  });
});

describe("what is asked", () => {
  const asking = { ...channel, widget: { ...channel.widget, ask_name: "optional" as const }, request_types: [
    { id: "fault", name: {} }, { id: "help", name: {} },
  ] };

  it("is the name and the kind where the desk asks and the topic does not say", () => {
    const m = model({ channel: asking, topic: "tax" });
    expect(asked(m)).toEqual({ name: "optional", requestType: true });
  });

  it("is less in elder mode, and no name of a person who is known", () => {
    expect(asked(model({ channel: asking, topic: "tax", elder: true }))).toEqual({ name: "no", requestType: false });
    expect(asked(model({ channel: asking, topic: "tax", verified: true })).name).toBe("no");
  });
});

describe("honest words about the wait", () => {
  const position = (before_min: number, before_max: number, min?: number, max?: number, agents = 2) => ({
    before_min, before_max, agents, ...(max === undefined ? {} : { wait_secs_min: min ?? 0, wait_secs_max: max }),
  });

  it.each([
    [position(0, 0), "wait_next", {}],
    [position(2, 2), "wait_before", { n: 2 }],
    [position(0, 3), "wait_before_at_most", { n: 3 }],
    [position(2, 3), "wait_before_range", { min: 2, max: 3 }],
  ])("place %o", (given, key, params) => {
    expect(placeWords(given)).toEqual({ key, params });
  });

  it.each([
    [position(1, 1), null],
    [position(1, 1, 0, 50), { key: "wait_under_minute", params: {} }],
    [position(1, 1, 20, 200), { key: "wait_up_to", params: { n: 4 } }],
    [position(1, 1, 180, 180), { key: "wait_about", params: { n: 3 } }],
    [position(1, 1, 185, 300), { key: "wait_range", params: { min: 3, max: 5 } }],
    [position(1, 1, 60, 120, 0), { key: "wait_nobody", params: {} }],
  ])("wait %o", (given, words) => {
    expect(waitWords(given)).toEqual(words);
  });

  it("tells hours from the topics", () => {
    expect(hoursOf(model())).toEqual({ open: true, opensAt: null, waitSecs: 90 });
    const shut = { ...channel, topics: channel.topics.slice(1) };
    expect(hoursOf(model({ channel: shut }))).toEqual({ open: false, opensAt: NOW + 3_600_000, waitSecs: null });
  });
});

describe("marks", () => {
  it("tell sent from read", () => {
    const m = heard(model(), welcome([contactSays(1, "a"), contactSays(2, "b")], state({ read_by_agent: 1 })));
    expect(m.messages.map((message) => markOf(m, message))).toEqual(["read", "sent"]);
  });

  it("count only an agent's unread words, and report them when the panel is seen", () => {
    const m = heard(model(), welcome([contactSays(1, "a"), agentSays(2), notice(3, "joined"), agentSays(4)], state({ read_by_contact: 2 })));
    expect(unreadOf(m)).toBe(1);
    expect(toMarkRead(m)).toBeNull();
    const seen = reduce(m, { type: "shown", shown: true });
    expect(toMarkRead(seen)).toBe(4);
    expect(toMarkRead(reduce(seen, { type: "read_told", seq: 4 }))).toBeNull();
  });

  it("tell once that an agent's words are here, also when nobody sees them yet", () => {
    const m = heard(model(), welcome([contactSays(1, "a"), agentSays(2), agentSays(4)], state({ read_by_contact: 2 })));
    expect(toMarkReceived(m)).toBe(4);
    const told = reduce(m, { type: "received_told", seq: 4 });
    expect(toMarkReceived(told)).toBeNull();
    expect(toMarkReceived(heard(told, welcome([agentSays(1)], state({ id: "conv_2" }))))).toBe(1);
    expect(toMarkReceived({ ...m, line: "waiting" })).toBeNull();
  });

  it("keep the panel loaded while something is open", () => {
    expect(activeOf(model())).toBe(false);
    expect(activeOf(model({ conversation: state({ state: "queued" }) }))).toBe(true);
    expect(activeOf(model({ conversation: state({ state: "closed" }) }))).toBe(false);
  });

  it("name an agent only where the name is known to be theirs", () => {
    const m = heard(model(), welcome([agentSays(1), notice(2, "joined"), { ...agentSays(3), author: { type: "agent", id: "other" } }]));
    const names = m.messages.map((message) => authorName(m, message));
    expect(names).toEqual(["林芳", null, null]);
  });
});

describe("the quiet line", () => {
  it("speaks only of a trouble that lasts, and of what waits", () => {
    expect(lineWords(model({ line: "connecting" }))).toBeNull();
    const late = reduce(model({ line: "waiting" }), { type: "line_late" });
    expect(lineWords(late)).toBe("line_down");
    expect(lineWords({ ...late, outgoing: [outgoing("a")] })).toBe("line_down_queued");
    expect(lineWords(reduce(late, { type: "line", status: "online" }))).toBeNull();
    expect(lineWords(model({ linkUp: false }))).toBe("line_desk_down");
  });
});

describe("files", () => {
  it("are checked before a byte is sent", () => {
    const png = { type: "image/png", size: 10 };
    expect(refusal(png, channel, 0)).toBeNull();
    expect(refusal(png, channel, 10)).toBe("too_many");
    expect(refusal({ ...png, size: 0 }, channel, 0)).toBe("empty");
    expect(refusal({ ...png, size: 1001 }, channel, 0)).toBe("too_big");
    expect(refusal({ ...png, type: "image/svg+xml; x" }, channel, 0)).toBe("wrong_type");
    expect(refusal({ ...png, type: "" }, channel, 0)).toBeNull();
  });

  it("hold the message back until they are up", () => {
    const attachment = { id: "f", name: "a.png", bytes: 1, mediaType: "image/png", share: 0, file: null, failed: null };
    const busy = reduce(model({ draft: "x" }), { type: "file_picked", attachment });
    expect(sendable(busy)).toBe(false);
    const file = { id: "fil_1", name: "a.png", media_type: "image/png", bytes: 1 };
    expect(sendable(reduce(busy, { type: "file_uploaded", id: "f", file }))).toBe(true);
    expect(sendable(reduce(busy, { type: "file_failed", id: "f", code: "network" }))).toBe(true);
  });

  it("have sizes that people can read", () => {
    expect(sizeText(10, "en")).toBe("1 KB");
    expect(sizeText(20 * 1024 * 1024, "en")).toBe("20 MB");
  });
});

describe("the rows", () => {
  it("group one voice, part days, and keep a row's key when its ack comes", () => {
    const day = 86_400_000;
    const messages = [agentSays(1), agentSays(2), contactSays(3, "a"), agentSays(4, "早", NOW + day)];
    const rows = rowsOf({ messages, outgoing: [outgoing("b")] });
    expect(rows.map((row) => row.kind)).toEqual(["day", "said", "said", "said", "day", "said", "outgoing"]);
    expect(rows.flatMap((row) => (row.kind === "said" ? [[row.first, row.last]] : []))).toEqual([
      [true, false], [false, true], [true, true], [true, true],
    ]);
    expect(rows[3]?.key).toBe("a");
    expect(rows[6]?.key).toBe("b");
  });
});
