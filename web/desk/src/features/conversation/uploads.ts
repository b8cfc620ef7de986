/** Files on their way into the next message. */
import { ApiProblem, mintId, uploadFile, type FileRef } from "@hutong/api-client";
import { say } from "@hutong/ui";
import { useEffect, useRef, useState } from "preact/hooks";
import { problemText } from "../../core/problems";
import { renew, token } from "../../core/session";
import { t } from "../../texts/texts";
import { bytesText, FILE_BYTES_MAX, FILES_MAX } from "./model";

export interface Upload {
  key: string;
  name: string;
  share: number;
  file: FileRef | null;
  problem: string | null;
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

const uploaded = (file: FileRef): Upload => ({ key: file.id, name: file.name, share: 1, file, problem: null });

export function useUploads(kept: readonly FileRef[] = []) {
  const [uploads, setUploads] = useState<readonly Upload[]>(() => kept.map(uploaded));
  const aborts = useRef(new Map<string, AbortController>());
  useEffect(() => () => aborts.current.forEach((abort) => abort.abort()), []);
  const change = (key: string, by: Partial<Upload>) =>
    setUploads((all) => all.map((one) => (one.key === key ? { ...one, ...by } : one)));
  const start = (file: File) => {
    const key = mintId();
    const abort = new AbortController();
    aborts.current.set(key, abort);
    setUploads((all) => [...all, { key, name: file.name, share: 0, file: null, problem: null }]);
    uploadWithRenewal(file, (share) => change(key, { share }), abort.signal).then(
      (ref) => change(key, { share: 1, file: ref }),
      (error: unknown) => change(key, { problem: problemText(error) }),
    );
  };
  const add = (files: readonly File[]) => {
    const fitting = files.filter((file) => file.size <= FILE_BYTES_MAX);
    if (fitting.length < files.length) say(t("file.too_large", { most: bytesText(FILE_BYTES_MAX) }), "danger");
    const room = FILES_MAX - uploads.length;
    if (fitting.length > room) say(t("file.too_many", { most: FILES_MAX }), "danger");
    fitting.slice(0, Math.max(0, room)).forEach(start);
  };
  const remove = (key: string) => {
    aborts.current.get(key)?.abort();
    aborts.current.delete(key);
    setUploads((all) => all.filter((one) => one.key !== key));
  };
  return { uploads, add, remove, clear: () => setUploads([]) };
}
