import { describe, expect, it } from "vitest";
import { Holding, LEFT_BEHIND_MS, UNDO_MS, type Held, type HeldStore } from "./undo.model";

const letter = (id: string, conversation = "conv_1", until = UNDO_MS): Held => ({
  client_id: id, conversation, text: `text of ${id}`, files: [], mail: { to: [{ address: "a@b.cn" }] }, all: false, until });

function storeOf(stored = new Map<string, Held>()): HeldStore {
  return { all: () => [...stored.values()], put: (one) => stored.set(one.client_id, one), take: (one) => stored.delete(one.client_id) };
}

/** A tab with its own time, over a store that others may share. */
function tab(store = storeOf(), maySay = true) {
  const [said, kept, held]: [string[], string[], string[][]] = [[], [], []];
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const holding = new Holding({
    store, now: () => now,
    say: (one) => maySay && said.push(one.client_id) > 0,
    keep: (one) => kept.push(one.client_id),
    later: (ms, run) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    onChange: (all) => held.push(all.map((one) => one.client_id)),
  });
  const pass = (ms: number) => {
    now += ms;
    const due = timers.filter((each) => each.at <= now);
    timers = timers.filter((each) => each.at > now);
    due.forEach((each) => each.run());
  };
  return { holding, said, kept, held, pass, store };
}

describe("a held letter", () => {
  it("leaves once when its time is over, and cannot be taken back then", () => {
    const { holding, said, kept, held, pass, store } = tab();
    holding.hold(letter("a"));
    pass(UNDO_MS - 1);
    expect(said).toEqual([]);
    pass(1);
    pass(UNDO_MS);
    expect([said, store.all(), held.at(-1)]).toEqual([["a"], [], []]);
    expect(holding.undo("a")).toBe(false);
    expect(kept).toEqual([]);
  });
  it("becomes a draft when it is taken back, and never leaves", () => {
    const { holding, said, kept, pass, store } = tab();
    holding.hold(letter("a"));
    expect(holding.undo("a")).toBe(true);
    pass(10 * UNDO_MS);
    expect([said, kept, store.all()]).toEqual([[], ["a"], []]);
  });
  it("leaves before the next one of its conversation, and not before those of others", () => {
    const { holding, said } = tab();
    holding.hold(letter("a"));
    holding.hold(letter("b", "conv_2"));
    holding.hold(letter("c"));
    expect(said).toEqual(["a"]);
  });
  it("becomes a draft when the page goes away, and when it cannot be said", () => {
    const going = tab();
    going.holding.hold(letter("a"));
    going.holding.leave();
    going.pass(UNDO_MS);
    expect([going.said, going.kept]).toEqual([[], ["a"]]);
    const mute = tab(storeOf(), false);
    mute.holding.hold(letter("b"));
    mute.pass(UNDO_MS);
    expect([mute.said, mute.kept]).toEqual([[], ["b"]]);
  });
});

describe("a letter that a tab left behind", () => {
  it("becomes a draft of the next tab, but only when no tab can send it any more", () => {
    const store = storeOf(new Map([["a", letter("a")]]));
    const next = tab(store);
    next.holding.recover();
    expect(next.kept).toEqual([]);
    next.pass(UNDO_MS + LEFT_BEHIND_MS);
    expect([next.kept, store.all()]).toEqual([["a"], []]);
  });
  it("is never both sent and kept, whichever tab comes first", () => {
    const store = storeOf();
    const [first, second] = [tab(store), tab(store)];
    first.holding.hold(letter("a"));
    second.holding.recover();
    // The first tab sleeps; the second one takes the letter; then the first wakes.
    second.pass(UNDO_MS + LEFT_BEHIND_MS);
    first.pass(UNDO_MS + LEFT_BEHIND_MS);
    expect([first.said, first.kept, second.kept]).toEqual([[], [], ["a"]]);
    const other = tab(store);
    first.holding.hold(letter("b", "conv_1", 3 * LEFT_BEHIND_MS));
    other.holding.recover();
    first.pass(3 * LEFT_BEHIND_MS);
    other.pass(10 * LEFT_BEHIND_MS);
    expect([first.said, other.kept]).toEqual([["b"], []]);
  });
});
