/** The heads of letters in the quarantine, read from their bytes when somebody opens one: each look is in the audit
 * trail, so none is read merely to fill a list. */
import { ApiProblem } from "@hutong/api-client";
import { signal } from "@preact/signals";
import { renew, token } from "../../core/session";
import { HEAD_BYTES_MAX, readHead, type LetterHead } from "./stuck.model";

const HEADS_MAX = 200;

/** Those that were looked at since the page was opened. */
export const heads = signal<ReadonlyMap<string, LetterHead>>(new Map());

/** The first bytes of a letter; the rest, which may be large, is not fetched. */
async function firstBytes(path: string, again = true): Promise<Uint8Array> {
  const response = await fetch(`/v1${path}`, { headers: { authorization: `Bearer ${token() ?? ""}` } });
  if (response.status === 401 && again && (await renew())) return firstBytes(path, false);
  if (!response.ok) throw new ApiProblem(response.status, `http_${String(response.status)}`, "");
  const reader = response.body?.getReader();
  const found = new Uint8Array(HEAD_BYTES_MAX);
  let length = 0;
  while (reader && length < HEAD_BYTES_MAX) {
    const { done, value } = await reader.read();
    if (done) return found.subarray(0, length);
    const piece = value.subarray(0, HEAD_BYTES_MAX - length);
    found.set(piece, length);
    length += piece.length;
  }
  await reader?.cancel();
  return found.subarray(0, length);
}

export async function lookAtHead(id: string): Promise<void> {
  if (heads.peek().has(id)) return;
  const head = readHead(await firstBytes(`/quarantine/${encodeURIComponent(id)}/original`));
  const next = new Map(heads.peek()).set(id, head);
  for (const old of next.keys()) {
    if (next.size <= HEADS_MAX) break;
    next.delete(old);
  }
  heads.value = next;
}
