/** Who waits in one queue, in due order, each with a way to give it to somebody. */
import type { ConversationSummary } from "@hutong/api-client";
import { Avatar, Button, clockText, EmptyState, Icon, Spinner } from "@hutong/ui";
import { CircleCheckBig, TriangleAlert, UserRoundPlus } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { now } from "../../core/clock";
import { remember } from "../../core/desk.model";
import { Link } from "../../core/link";
import { contactName, kindIcons, queueName, requestTypeName } from "../../core/names";
import { problemText } from "../../core/problems";
import { api } from "../../core/session";
import { desk } from "../../core/store";
import { t } from "../../texts/texts";
import { openDialog } from "../endings/dialogs";
import { Due } from "../list/due";
import { live } from "./live-store";

const WAITING_MAX = 100;

function WaitingRow({ one }: { one: ConversationSummary }) {
  const assign = () => {
    if (desk.value) desk.value = remember(desk.value, one);
    openDialog("assign", one.id);
  };
  return (
    <tr>
      <td><Due one={one} /></td>
      <td>
        <span class="waiting-who">
          <Avatar name={contactName(one)} seed={one.contact} size={24} />
          <Link to={{ page: "work", tab: "queue", conversation: one.id, q: "" }}>{contactName(one)}</Link>
          <Icon icon={kindIcons[one.kind]} size={13} />
        </span>
      </td>
      <td>{one.info.request_type ? requestTypeName(one.info.request_type) : "–"}</td>
      <td class="waiting-words">{one.last_message?.text ?? ""}</td>
      <td>{clockText(now.value - one.arrived_at)}</td>
      <td><Button size="s" icon={UserRoundPlus} onClick={assign}>{t("action.assign")}</Button></td>
    </tr>
  );
}

export function Waiting({ queue }: { queue: string }) {
  const [items, setItems] = useState<readonly ConversationSummary[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const section = useRef<HTMLElement>(null);
  const loaded = items !== null;
  useEffect(() => section.current?.scrollIntoView({ block: "nearest" }), [loaded]);
  useEffect(() => {
    let current = true;
    api.get<ConversationSummary[]>(`/queues/${queue}/waiting`, { limit: WAITING_MAX }).then(
      (found) => current && (setItems(found), setProblem(null)),
      (error: unknown) => current && setProblem(error),
    );
    return () => {
      current = false;
    };
  }, [queue, live.value]);
  return (
    <section ref={section} class="live-card" aria-label={t("live.waiting_in", { queue: queueName(queue) })} data-testid="waiting">
      <h2>{t("live.waiting_in", { queue: queueName(queue) })}</h2>
      {items === null
        ? problem ? <EmptyState icon={TriangleAlert} tone="danger" title={t("list.failed")}>{problemText(problem)}</EmptyState> : <Spinner label={t("loading")} />
        : items.length === 0 ? <EmptyState icon={CircleCheckBig} title={t("queue.empty")} />
        : (
          <table class="waiting">
            <thead>
              <tr>
                <th>{t("live.due")}</th><th>{t("live.who")}</th><th>{t("panel.request_type")}</th><th>{t("live.words")}</th><th>{t("live.waited")}</th>
                <th><span class="ui-sr">{t("action.assign")}</span></th>
              </tr>
            </thead>
            <tbody>{items.map((one) => <WaitingRow key={one.id} one={one} />)}</tbody>
          </table>
        )}
    </section>
  );
}
