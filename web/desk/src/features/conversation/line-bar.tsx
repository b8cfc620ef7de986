/** Through which messenger an answer goes, and how long and how often one can still answer: said before anybody types. */
import type { ConversationSummary } from "@hutong/api-client";
import { Button, dayText, durationText, exactText, Icon, sameDay, timeText } from "@hutong/ui";
import { Clock, MessageSquareX, RefreshCw, Users } from "lucide";
import { now } from "../../core/clock";
import { contactName, networkName } from "../../core/names";
import { networkSign } from "../../core/networks.model";
import { locale } from "../../core/preferences";
import { t } from "../../texts/texts";
import type { Refusal } from "./line.model";
import type { Line } from "./use-line";

export function NetworkSign({ adapter }: { adapter: string }) {
  return <span class="network-sign" aria-hidden="true">{networkSign(adapter)}</span>;
}

/** `[企] 企业微信 · 发给 张三`. */
export function LineWhom({ line: { line }, one }: { line: Line; one: ConversationSummary }) {
  const to = t("line.to", { name: contactName(one) });
  if (!line) return <span class="composer-whom">{to}</span>;
  return (
    <span class="composer-whom line-whom" data-testid="line-network" data-adapter={line.adapter}>
      <NetworkSign adapter={line.adapter} /> <span class="ui-sr">{t("line.via", { network: networkName(line.adapter) })}</span>
      <span aria-hidden="true">{networkName(line.adapter)}</span> · {to}
    </span>
  );
}

/** `周三 14:05`, or the time alone when it is today. */
function whenText(at: number): string {
  const day = sameDay(at, now.value) ? "" : `${dayText(at, now.value, locale())} `;
  return day + timeText(at, locale());
}

function Left({ until, left, soon }: { until: number | null; left: number | null; soon: boolean }) {
  const parts = [
    until !== null && t("line.until", { time: whenText(until) }),
    until !== null && soon && t("line.open_for", { span: durationText(until - now.value, locale()) }),
    left !== null && t("line.left", { n: left }),
  ].filter((part): part is string => Boolean(part));
  const hint = [until !== null && exactText(until, locale()), t("line.left_hint")].filter(Boolean).join("\n");
  return <span class={soon ? "line-soon" : undefined} title={hint} data-testid="line-window"><Icon icon={Clock} size={13} />{parts.join(" · ")}</span>;
}

function Group({ group }: { group: string }) {
  return <span class="line-group" role="note" title={t("line.group_hint")} data-testid="line-group"><Icon icon={Users} size={13} />{t("line.group", { group })}</span>;
}

/** Nothing is shown where there is nothing to know: one may answer at any time, and nobody reads along. */
export function LineBar({ line: { line, open, problem, again } }: { line: Line }) {
  if (problem) {
    return (
      <p class="line-bar line-soon" role="status">
        <span>{problem}</span> <Button size="s" look="quiet" icon={RefreshCw} onClick={again}>{t("retry")}</Button>
      </p>
    );
  }
  if (!line || (open.state === "always" && !line.group)) return null;
  return (
    <>
      {open.state === "closed" && (
        <div class="line-bar line-closed" role="status" data-testid="line-closed" data-why={open.why}>
          <span><Icon icon={MessageSquareX} size={15} /><b>{t(`line.closed_${open.why}`)}</b></span>
          <span>{t("line.closed_what")}</span>
        </div>
      )}
      {(line.group || open.state === "open" || open.state === "soon") && (
        <p class="line-bar">
          {(open.state === "open" || open.state === "soon") && <Left until={open.until} left={open.left} soon={open.state === "soon"} />}
          {line.group && <Group group={line.group} />}
        </p>
      )}
    </>
  );
}

/** What becomes of the text that is being written: how many messages, or why it cannot leave. */
export function Parts({ line: { line, open }, parts, refusal }: { line: Line; parts: number; refusal: Refusal | null }) {
  if (!line || refusal === "closed" || (parts < 2 && !refusal)) return <span class="composer-space" />;
  const network = networkName(line.adapter);
  const left = "left" in open ? open.left ?? 0 : 0;
  const text = refusal === "too_long" ? t("line.too_long", { network }) : refusal === "too_many" ? t("line.too_many", { parts, left }) : t("line.parts", { n: parts });
  return <span class={refusal ? "composer-space composer-over" : "composer-space"} role={refusal ? "alert" : "status"} data-testid="line-parts">{text}</span>;
}
