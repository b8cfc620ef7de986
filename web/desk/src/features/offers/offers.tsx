/** Offers as cards at the edge of the page: they slide in and push nothing. */
import "./offers.css";
import type { ConversationSummary } from "@hutong/api-client";
import { Badge, Button, Menu, Ring, clockText, dayText, durationText, exactText, sameDay, timeText } from "@hutong/ui";
import { Flag } from "lucide";
import { accept, decline } from "../../core/actions";
import { now, present } from "../../core/clock";
import { contactName, kindIcons, laneText, queueName, requestTypeName, viaText } from "../../core/names";
import { locale } from "../../core/preferences";
import { mine } from "../../core/store";
import { t } from "../../texts/texts";
import { addressText } from "../letters/model";
import { TrustBadge } from "../letters/people";
import { Due } from "../list/due";
import { readWhy } from "../why/model";
import { whySentence } from "../why/why";
import { DECLINE_REASONS, openOffers, SETTLE_MS, shareLeft } from "./model";

/** The last seconds, in which the ring changes its colour. */
const LAST_MS = 8000;

/** When each offer's card appeared, by the offer's token. */
const seen = new Map<string, number>();

/** The offer that Enter and Esc answer: the first, once it was in sight for a moment. */
export function answerable(): ConversationSummary | null {
  const first = openOffers(mine.value, present())[0];
  if (!first?.offer_token) return null;
  return present() - (seen.get(first.offer_token) ?? present()) >= SETTLE_MS ? first : null;
}

export function Offers() {
  const offers = openOffers(mine.value, now.value);
  for (const token of [...seen.keys()]) if (!offers.some((one) => one.offer_token === token)) seen.delete(token);
  const first = offers[0];
  return (
    <section class="offers" aria-label={t("offer.region")}>
      {/* Said once for each offer; the cards themselves count seconds and stay silent. */}
      <p class="ui-sr" role="alert">{first ? spoken(first) : ""}</p>
      {offers.map((one, place) => (place === 0 ? <Offer key={one.offer_token} one={one} /> : <Next key={one.offer_token} one={one} />))}
    </section>
  );
}

function spoken(one: ConversationSummary): string {
  const subject = one.last_message?.mail?.subject;
  const who = { name: contactName(one), queue: queueName(one.queue) };
  return subject ? t("offer.spoken_letter", { ...who, subject }) : t("offer.spoken", who);
}

/** The first words: they tell more than any label. A letter begins with its subject and its sender's address. */
function Words({ one }: { one: ConversationSummary }) {
  const last = one.last_message;
  const words = last?.kind === "text" ? last.text : "";
  const head = last?.author.type === "contact" ? last.mail : undefined;
  if (!head) return words ? <p class="offer-words">{words}</p> : null;
  return (
    <div class="offer-letter">
      <p class="offer-subject" data-testid="offer-subject">{head.subject || t("mail.no_subject")}</p>
      <p class="offer-from" data-testid="offer-from">
        <span title={addressText(head.from)}>{head.from.address}</span>
        <TrustBadge head={head} />
        {head.important && <Badge tone="soon" icon={Flag}>{t("mail.important")}</Badge>}
      </p>
      {words && <p class="offer-words">{words}</p>}
    </div>
  );
}

/** By when the service level wants an answer; letters are due across nights and weekends. */
function DueRow({ one }: { one: ConversationSummary }) {
  const day = sameDay(one.due_at, now.value) ? "" : `${dayText(one.due_at, now.value, locale())} `;
  return (
    <>
      <dt>{t("offer.due")}</dt>
      <dd class="offer-due" title={`${exactText(one.due_at, locale())} ${t("due.hours_hint")}`} data-testid="offer-due">
        <span>{day}{timeText(one.due_at, locale())}</span>
        {one.due_at <= now.value && <Due one={one} />}
      </dd>
    </>
  );
}

function Countdown({ one, size }: { one: ConversationSummary; size: number }) {
  const token = one.offer_token ?? "";
  const until = one.until ?? 0;
  const left = until - now.value;
  if (!seen.has(token)) seen.set(token, present());
  return (
    <Ring left={shareLeft(until, seen.get(token) ?? present(), now.value)} tone={left < LAST_MS ? "soon" : "brand"} size={size} width={size > 40 ? 4 : 3}>
      <span aria-hidden="true">{clockText(left).replace(/^0:/u, "")}</span>
    </Ring>
  );
}

/** An offer that ends later than the first one: one line, until its turn comes. */
function Next({ one }: { one: ConversationSummary }) {
  return (
    <article class="offer offer-next" data-testid="offer" data-conversation={one.id} aria-label={spoken(one)}>
      <Countdown one={one} size={32} />
      <div class="offer-who">
        <h2>{contactName(one)}</h2>
        <p>{[one.kind === "im" && viaText(one), queueName(one.queue), one.last_message?.mail?.subject || one.last_message?.text].filter(Boolean).join(" · ")}</p>
      </div>
      <Button look="primary" size="s" onClick={() => accept(one)} data-testid="accept">{t("offer.accept")}</Button>
    </article>
  );
}

function Offer({ one }: { one: ConversationSummary }) {
  const why = readWhy(one.why);
  return (
    <article class="offer" data-testid="offer" data-conversation={one.id} aria-label={spoken(one)}>
      <header class="offer-head">
        <Countdown one={one} size={52} />
        <div class="offer-who">
          <p class="offer-title">{t("offer.title")}</p>
          <h2>{contactName(one)}</h2>
        </div>
        <Badge icon={kindIcons[one.kind]}>{viaText(one)}</Badge>
      </header>
      <Words one={one} />
      <dl class="offer-facts">
        <dt>{t("offer.queue")}</dt>
        <dd>{queueName(one.queue)}{one.info.request_type ? ` · ${requestTypeName(one.info.request_type)}` : ""}</dd>
        <dt>{t("offer.need")}</dt>
        <dd>{why ? laneText(why.lane) : queueName(one.queue)}</dd>
        <dt>{t("offer.waited")}</dt>
        <dd>{durationText(now.value - one.arrived_at, locale())}</dd>
        {one.kind === "email" && <DueRow one={one} />}
        {why && <dt>{t("offer.why")}</dt>}
        {why && <dd>{whySentence(why)}</dd>}
      </dl>
      <footer class="offer-foot">
        <Button look="primary" size="l" keys="Enter" onClick={() => accept(one)} data-testid="accept">
          {t("offer.accept")}
        </Button>
        <Menu
            label={t("offer.decline")}
            class="ui-button ui-button-plain ui-button-l"
            align="end"
            speaks
            testId="decline"
            items={DECLINE_REASONS.map((reason) => ({
              id: reason,
              label: t(`decline.${reason}`),
              onSelect: () => decline(one, reason),
            }))}
            button={
              <>
                {t("offer.decline")}
                <kbd class="ui-button-keys" aria-hidden="true">Esc</kbd>
              </>
            }
        />
      </footer>
    </article>
  );
}
