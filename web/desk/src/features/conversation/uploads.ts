/** Files on their way into the next message. */
import { ApiProblem, mintId, uploadFile, type FileRef } from "@hutong/api-client";
import { durationText, say } from "@hutong/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import { problemText } from "../../core/problems";
import { renew, token } from "../../core/session";
import { t } from "../../texts/texts";
import { locale } from "../../core/preferences";
import { wayOf, type ContactLine } from "./line.model";
import { bytesText, FILE_BYTES_MAX, FILES_MAX } from "./model";

export interface Upload {
  key: string;
  name: string;
  share: number;
  file: FileRef | null;
  problem: string | null;
  /** What is uploaded, for another try; what cannot be sent at all has none. */
  source: File | null;
}

async function uploadWithRenewal(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<FileRef> {
  try {
    return await uploadFile(file, { token: token(), onProgress, signal });
  } catch (error) {
    const mayRenew = error instanceof ApiProblem && error.status === 401;
    if (!mayRenew || !(await renew())) throw error;
    return uploadFile(file, { token: token(), onProgress, signal });
  }
}

const uploaded = (file: FileRef): Upload => ({ key: file.id, name: file.name, share: 1, file, problem: null, source: null });

/** What the way to the contact carries, and whose limit that is. */
export interface FileLimit {
  line: ContactLine;
  network: string;
}

function problemOf(file: File, limit: FileLimit | null): string | null {
  if (file.size > FILE_BYTES_MAX) return t("file.too_large", { size: bytesText(file.size), most: bytesText(FILE_BYTES_MAX) });
  if (!limit || wayOf(limit.line, file) !== null) return null;
  const { line, network } = limit;
  if (file.size <= line.file_bytes_max) return `${network}：${line.file_endings.join(t("list.comma"))}`;
  return t("line.file_too_large", { size: bytesText(file.size), most: bytesText(line.file_bytes_max), network });
}

/** What is said at a file that goes as a link; null for one that goes as it is. */
export function linkText(upload: Upload, limit: FileLimit | null): string | null {
  const file = upload.file ? { name: upload.file.name, size: upload.file.bytes } : upload.source;
  if (!limit || !file || upload.problem || wayOf(limit.line, file) !== "link") return null;
  return t("line.as_link", { span: durationText(limit.line.link_hours * 3_600_000, locale()) });
}

export function useUploads(kept: readonly FileRef[] = [], limit: FileLimit | null = null) {
  const [uploads, setUploads] = useState<readonly Upload[]>(() => kept.map(uploaded));
  const aborts = useRef(new Map<string, AbortController>());
  useEffect(() => () => aborts.current.forEach((abort) => abort.abort()), []);
  const change = (key: string, by: Partial<Upload>) =>
    setUploads((all) => all.map((one) => (one.key === key ? { ...one, ...by } : one)));
  const carry = (key: string, file: File) => {
    const abort = new AbortController();
    aborts.current.set(key, abort);
    uploadWithRenewal(file, (share) => change(key, { share }), abort.signal).then(
      (ref) => change(key, { share: 1, file: ref }),
      (error: unknown) => change(key, { problem: problemText(error) }),
    );
  };
  const add = (files: readonly File[]) => {
    const room = Math.max(0, FILES_MAX - uploads.length);
    if (files.length > room) say(t("file.too_many", { most: FILES_MAX }), "danger");
    const rows = files.slice(0, room).map((file): Upload => {
      const problem = problemOf(file, limit);
      return { key: mintId(), name: file.name, share: 0, file: null, problem, source: problem === null ? file : null };
    });
    setUploads((all) => [...all, ...rows]);
    for (const { key, source } of rows) if (source) carry(key, source);
  };
  const again = (key: string) => {
    const source = uploads.find((one) => one.key === key)?.source;
    if (!source) return;
    change(key, { problem: null, share: 0 });
    carry(key, source);
  };
  const remove = (key: string) => {
    aborts.current.get(key)?.abort();
    aborts.current.delete(key);
    setUploads((all) => all.filter((one) => one.key !== key));
  };
  return { uploads, add, again, remove, clear: () => setUploads([]) };
}
