/** The decision record in the reader's words. */
import "./why.css";
import type { ConversationSummary } from "@hutong/api-client";
import { durationText } from "@hutong/ui";
import { agentName, laneText } from "../../core/names";
import { locale } from "../../core/preferences";
import { t, tOr } from "../../texts/texts";
import { readLane, readWhy, type Why } from "./model";

/** One sentence: why me. */
export function whySentence(why: Why): string {
  const { only } = readLane(why.lane);
  if (only) return t("why.only");
  if (why.eligible > 1) return t("why.rule_of", { n: why.eligible, rule: tOr(`rule.${why.rule}`, why.rule) });
  return tOr(`why.trigger.${why.trigger}`, t("why.free"));
}

function passedText(one: Why["passed_over"][number]): string {
  const who = one.agent ? agentName(one.agent) : laneText(one.lane ?? "");
  return t("why.passed_one", { who, why: tOr(`why.passed.${one.why}`, one.why) });
}

export function WhyMe({ one }: { one: ConversationSummary }) {
  const why = readWhy(one.why);
  if (!why) return <p class="why-none">{t("why.none")}</p>;
  return (
    <div class="why">
      <p class="why-sentence">{whySentence(why)}</p>
      <dl>
        <dt>{t("offer.need")}</dt>
        <dd>{laneText(why.lane)}</dd>
        <dt>{t("why.waited")}</dt>
        <dd>{durationText(why.waited_ms, locale())}</dd>
        <dt>{t("why.rule")}</dt>
        <dd>{tOr(`rule.${why.rule}`, why.rule)}</dd>
      </dl>
      {why.passed_over.length > 0 && (
        <>
          <p class="why-head">{t("why.passed_over")}</p>
          <ul>
            {why.passed_over.map((each, n) => (
              <li key={n}>{passedText(each)}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
