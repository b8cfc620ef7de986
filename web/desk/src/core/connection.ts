/** The line to the gateway: one socket, its frames into the store, ours out of the outbox. */
import {
  mintId, Outbox, ResumingSocket, type AgentFrame, type DeskFrame, type FrameOf, type LineStatus, type OutboxStorage,
} from "@hutong/api-client";
import { signal } from "@preact/signals";
import { learnClock } from "./clock";
import { presenceHere } from "./desk.model";
import { settle, withPending } from "./log.model";
import { route } from "./navigation";
import { renew, token, whenRenewed } from "./session";
import { changeLog, desk, forgetDesk, loadDesk, logs, refreshLogs, takeEvent, takeTyping } from "./store";

type Of<T extends AgentFrame["type"]> = FrameOf<AgentFrame, T>;
type Kept = Of<"accept"> | Of<"decline"> | Of<"send"> | Of<"note">;

export const line = signal<LineStatus>("stopped");
/** Is the gateway's own store reachable? */
export const storeUp = signal(true);

/** Called when a frame was refused for good, with the problem's code. */
type Refused = (code: string, detail: string) => void;
const whenRefused = new Map<string, Refused>();
const whenAcked = new Map<string, () => void>();

let position: { epoch: string; cursor: string } | null = null;
let socket: ResumingSocket<AgentFrame, DeskFrame> | null = null;

/** What was said survives a reload of this tab, under the agent's name. */
function storageFor(agent: string): OutboxStorage {
  const prefix = `hutong.out.${agent}.`;
  const keys = () => Object.keys(sessionStorage).filter((key) => key.startsWith(prefix));
  const quietly = (work: () => void) => {
    try {
      work();
    } catch {
      // A full or refused storage only means that a reload forgets what was not yet sent.
    }
  };
  return {
    list: () => keys().map((key) => sessionStorage.getItem(key) ?? ""),
    put: (id, text) => quietly(() => sessionStorage.setItem(prefix + id, text)),
    remove: (id) => quietly(() => sessionStorage.removeItem(prefix + id)),
  };
}

function openConversation(): string | null {
  return route.value.page === "work" ? route.value.conversation : null;
}

let loadTimer: ReturnType<typeof setTimeout> | undefined;

function loadAnew() {
  clearTimeout(loadTimer);
  loadDesk((epoch, cursor) => {
    position = { epoch, cursor };
  }).then(
    () => refreshLogs(openConversation()),
    () => {
      loadTimer = setTimeout(loadAnew, 3000);
    },
  );
}

function onFrame(frame: DeskFrame) {
  switch (frame.type) {
    case "welcome":
      learnClock(frame.now);
      position = { epoch: frame.epoch, cursor: frame.cursor };
      storeUp.value = true;
      if (!frame.resumed || desk.value === null) loadAnew();
      else desk.value = { ...desk.value, presence: presenceHere(frame.presence) };
      // Signed in and not yet ready is away: supervisors see that somebody is there.
      if (frame.presence === "offline") tell({ type: "presence", presence: "away" });
      break;
    case "reset":
      position = { epoch: frame.epoch, cursor: frame.cursor };
      loadAnew();
      break;
    case "event":
      if (position) position.cursor = frame.cursor;
      takeEvent(frame.event);
      break;
    case "ack":
      acked(frame.client_id);
      break;
    case "refused":
      if (frame.client_id && typeof frame.retry_after_ms !== "number") refused(frame.client_id, frame.code, frame.detail);
      break;
    case "typing":
      takeTyping(frame.conversation, frame.who, frame.preview ?? null);
      break;
    case "link":
      storeUp.value = frame.up;
      break;
    case "pong":
      break;
  }
}

/** In which conversation a frame of ours waits. */
function pendingIn(clientId: string): string | undefined {
  for (const [id, log] of logs.value) if (log.pending.some((one) => one.client_id === clientId)) return id;
  return undefined;
}

function acked(clientId: string) {
  const conversation = pendingIn(clientId);
  if (conversation) changeLog(conversation, (log) => settle(log, clientId, "sent"));
  whenAcked.get(clientId)?.();
  forget(clientId);
}

function refused(clientId: string, code: string, detail: string) {
  const conversation = pendingIn(clientId);
  if (conversation) changeLog(conversation, (log) => settle(log, clientId, "failed", code));
  whenRefused.get(clientId)?.(code, detail);
  forget(clientId);
}

function forget(clientId: string) {
  whenAcked.delete(clientId);
  whenRefused.delete(clientId);
}

function socketUrl(): string {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/v1/socket/agent`;
}

export function startLine(agent: string) {
  stopLine();
  const outbox = new Outbox<Kept>(storageFor(agent));
  for (const { frame, at } of outbox.entries()) {
    if (frame.type !== "send" && frame.type !== "note") continue;
    const kind = frame.type === "note" ? "note" : "text";
    const one = { client_id: frame.client_id, kind, text: frame.text ?? "", files: [], mail: frame.type === "send" ? frame.mail ?? undefined : undefined, at, state: "pending" } as const;
    changeLog(frame.conversation, (log) => withPending(log, one));
  }
  socket = new ResumingSocket<AgentFrame, DeskFrame>({
    open: () => new WebSocket(socketUrl()),
    hello: () => ({ type: "hello", token: token() ?? "", resume: position }),
    outbox: outbox,
    onFrame,
    onStatus: (status) => {
      line.value = status;
    },
    onPoison: (frame) => refused(frame.client_id, "bad_frame", ""),
    renew,
  });
  whenRenewed((fresh) => {
    // A line that was given up for want of a token is taken up again.
    if (line.value === "unauthenticated") socket?.start();
    else socket?.tell({ type: "renew", token: fresh });
  });
  socket.start();
}

export function stopLine() {
  socket?.stop();
  socket = null;
  position = null;
  clearTimeout(loadTimer);
  forgetDesk();
}

/** Uses this tab although another one took over. */
export function takeBackLine() {
  socket?.start();
}

export const tell = (frame: AgentFrame) => socket?.tell(frame) ?? false;

/** Says a frame that must arrive. False when too much waits already. */
export function deliver(frame: Kept, onRefused?: Refused, onAcked?: () => void): boolean {
  if (onRefused) whenRefused.set(frame.client_id, onRefused);
  if (onAcked) whenAcked.set(frame.client_id, onAcked);
  return socket?.deliver(frame) ?? false;
}

export { mintId };

window.addEventListener("online", () => socket?.wake());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) socket?.wake();
});
