/** Before the first word: the topic chosen, what to write, and the few things that the desk asks. */
import { localized } from "@hutong/api-client";
import { Icon } from "@hutong/ui/icon";
import { CircleAlert, Headset } from "lucide";
import { useLayoutEffect, useRef } from "preact/hooks";
import { asked, topicOf } from "../model/select.ts";
import { usePanel } from "./context.ts";
import { whenText } from "./when.ts";

export function Start() {
  const { model, t, dispatch } = usePanel();
  const topic = topicOf(model);
  const wants = asked(model);
  if (topic === null) return null;
  return (
    <div class="start">
      <p class="start-topic">
        <span class="start-topic-label">{t("start_topic")}</span>
        <span class="start-topic-name">{localized(topic.name, model.locale)}</span>
        {(model.channel?.topics.length ?? 0) > 1 && (
          <button type="button" class="link-button" onClick={() => dispatch({ type: "topic_chosen", topic: null })}>
            {t("change_topic")}
          </button>
        )}
      </p>
      <div class="start-hint">
        <span class="start-face"><Icon icon={Headset} size={18} /></span>
        <p class="bubble bubble-theirs">
          {hintText(topic, model.locale, t)}
          {model.channel?.callbacks && ` ${t("start_call")}`}
        </p>
      </div>
      {wants.name !== "no" && <NameField required={wants.name === "required"} />}
      {wants.requestType && <RequestTypes />}
    </div>
  );
}

function hintText(topic: { open: boolean; opens_at?: number | null }, locale: "zh-CN" | "en", t: ReturnType<typeof usePanel>["t"]): string {
  if (topic.open) return t("start_hint");
  return typeof topic.opens_at === "number"
    ? t("start_hint_closed", { when: whenText(topic.opens_at, Date.now(), locale, t) })
    : t("start_hint_closed_unknown");
}

function NameField({ required }: { required: boolean }) {
  const { model, t, dispatch } = usePanel();
  const input = useRef<HTMLInputElement>(null);
  // Before the page is painted: who types on at once types into the field that is asked for.
  useLayoutEffect(() => {
    if (model.nameMissing) input.current?.focus();
  }, [model.nameMissing]);
  return (
    <div class="field">
      <label for="name">{t(required ? "name" : "name_optional")}</label>
      <input
        id="name"
        ref={input}
        type="text"
        autocomplete="name"
        maxLength={100}
        required={required}
        aria-invalid={model.nameMissing}
        aria-describedby={model.nameMissing ? "name-missing" : undefined}
        value={model.name}
        onInput={(event) => dispatch({ type: "name_typed", name: event.currentTarget.value })}
      />
      {model.nameMissing && (
        <p id="name-missing" class="field-problem" role="alert">
          <Icon icon={CircleAlert} size={16} />
          {t("name_missing")}
        </p>
      )}
    </div>
  );
}

function RequestTypes() {
  const { model, t, dispatch } = usePanel();
  return (
    <fieldset class="field">
      <legend>{t("request_type")}</legend>
      <div class="chips">
        {(model.channel?.request_types ?? []).map((type) => (
          <button
            type="button"
            key={type.id}
            class="chip"
            aria-pressed={model.requestType === type.id}
            onClick={() => dispatch({ type: "request_type_chosen", requestType: model.requestType === type.id ? null : type.id })}
          >
            {localized(type.name, model.locale)}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
