/** The call of a conversation: how it stands, and what can be done with it. */
import "./call.css";
import type { Callback, ConversationSummary } from "@hutong/api-client";
import { Button, exactText, Field, Icon, say } from "@hutong/ui";
import { Eye, Pause, Phone, PhoneOff, Play, X } from "lucide";
import { useState } from "preact/hooks";
import { askCallback, callAct, cancelCallback, refuseCalls, revealNumber } from "../../core/actions";
import { now } from "../../core/clock";
import { locale } from "../../core/preferences";
import { mayAs } from "../../core/names";
import { desk } from "../../core/store";
import { t, tOr } from "../../texts/texts";
import { callWords, NOTE_MAX } from "./model";

const time = (at: number) => exactText(at, locale());

function Asking({ one, done }: { one: ConversationSummary; done: () => void }) {
  const [number, setNumber] = useState("");
  const [at, setAt] = useState("");
  const submit = async () => {
    const from = at === "" ? undefined : new Date(at).getTime();
    if (await askCallback(one.id, number, from)) done();
  };
  return (
    <form class="call-form" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <Field label={t("call.number")} hint={t("call.number_hint")} value={number} onValue={setNumber} required />
      <label class="ui-field">
        <span class="ui-field-label">{t("call.at")}</span>
        <input class="ui-input" type="datetime-local" value={at} onInput={(event) => setAt(event.currentTarget.value)} />
      </label>
      <Button type="submit" size="s" look="primary" icon={Phone} data-testid="call-save">{t("call.save")}</Button>
      <Button size="s" onClick={done}>{t("call.close")}</Button>
    </form>
  );
}

/** Asks once more before a number goes on the list. */
function Refusing({ one, number, done }: { one: ConversationSummary; number: string; done: () => void }) {
  const [note, setNote] = useState("");
  const submit = async () => {
    if (!(await refuseCalls(one.id, note.trim()))) return;
    say(t("call.refused", { number }));
    done();
  };
  return (
    <form class="call-form" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <p class="call-words">{t("call.refuse_sure", { number })}</p>
      <Field label={t("call.refuse_note")} value={note} onValue={setNote} maxLength={NOTE_MAX} autoFocus />
      <Button type="submit" size="s" look="danger" icon={PhoneOff} data-testid="call-refuse-sure">{t("call.refuse")}</Button>
      <Button size="s" onClick={done}>{t("call.close")}</Button>
    </form>
  );
}

function Refuse({ may, onClick }: { may: boolean; onClick: () => void }) {
  if (!may && !mayAs("supervisor")) return null;
  return <Button size="s" look="quiet" icon={PhoneOff} onClick={onClick} data-testid="call-refuse">{t("call.refuse")}</Button>;
}

async function reveal(id: string) {
  const number = await revealNumber(id);
  if (number !== null) say(t("call.revealed", { number }));
}

function Buttons({ one }: { one: ConversationSummary }) {
  const { callback } = one;
  const call = callback?.call ?? null;
  const ends = call?.wish === "hang_up";
  const talks = call?.stage === "connected" || call?.stage === "held";
  return (
    <>
      <Button size="s" icon={Eye} onClick={() => void reveal(one.id)} data-testid="call-reveal">{t("call.reveal")}</Button>
      {call === null && callback?.state === "wanted" && (
        <>
          <Button size="s" look="primary" icon={Phone} onClick={() => void callAct(one.id, "place")} data-testid="call-place">{t("call.place")}</Button>
          <Button size="s" icon={X} onClick={() => void cancelCallback(one.id)} data-testid="call-cancel">{t("call.cancel")}</Button>
        </>
      )}
      {talks && !ends && (call.stage === "held"
        ? <Button size="s" icon={Play} onClick={() => void callAct(one.id, "resume")} data-testid="call-resume">{t("call.resume")}</Button>
        : <Button size="s" icon={Pause} onClick={() => void callAct(one.id, "hold")} data-testid="call-hold">{t("call.hold")}</Button>)}
      {call !== null && !ends && (
        <Button size="s" look="danger" icon={PhoneOff} onClick={() => void callAct(one.id, "hang_up")} data-testid="call-hang-up">{t("call.hang_up")}</Button>
      )}
    </>
  );
}

function Standing({ callback }: { callback: Callback }) {
  const { key, params } = callWords(callback, now.value, time);
  return <>{t(key, { ...params, outcome: tOr(`call.outcome.${String(params.outcome)}`, "") })}</>;
}

function Form({ of, one, done }: { of: "ask" | "refuse"; one: ConversationSummary; done: () => void }) {
  return of === "ask" ? <Asking one={one} done={done} /> : <Refusing one={one} number={one.callback?.number ?? ""} done={done} />;
}

const callsBack = (channel: string) => desk.value?.channels.get(channel)?.calls === true;

/** Shown where somebody is, was or may be called. */
export function CallBar({ one, held }: { one: ConversationSummary; held: boolean }) {
  const [opened, open] = useState<"ask" | "refuse" | null>(null);
  const callback = one.callback ?? null;
  const may = held && one.state === "active";
  const wants = callback !== null && callback.state !== "over";
  if (!wants && !(may && callsBack(one.channel))) return null;
  const form = opened && <Form of={opened} one={one} done={() => open(null)} />;
  if (form && !(wants && opened === "ask")) return <div class="call-bar">{form}</div>;
  return (
    <div class={callback?.call ? "call-bar call-bar-live" : "call-bar"} data-testid="call-bar" role="status">
      <Icon icon={Phone} />
      <span class="call-words">{callback && <Standing callback={callback} />}</span>
      {wants && may && <Buttons one={one} />}
      {!wants && may && <Button size="s" icon={Phone} onClick={() => open("ask")} data-testid="call-ask">{t("call.ask")}</Button>}
      {callback && <Refuse may={may} onClick={() => open("refuse")} />}
    </div>
  );
}
