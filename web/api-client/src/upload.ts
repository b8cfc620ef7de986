/** File upload with progress, for which `fetch` has no answer yet. */
import { ApiProblem, problemFrom, problemOf } from "./http.ts";
import { mintId } from "./ids.ts";
import type { FileRef } from "./protocol.ts";

/** What an upload needs to know. */
export interface UploadOptions {
  /** Where to; `/v1/files` when absent. */
  url?: string;
  token: string | null;
  /** What the file is called, where it does not know itself. */
  name?: string;
  /** From 0 to 1. */
  onProgress: (share: number) => void;
  signal?: AbortSignal;
  /** Where there is no `XMLHttpRequest`, or for tests: then without progress. */
  fetch?: typeof fetch;
  /** For tests. */
  request?: () => XMLHttpRequest;
}

/** Sends one file; rejects with an `ApiProblem`, code `aborted` when the signal fired. */
export function uploadFile(file: Blob, options: UploadOptions): Promise<FileRef> {
  const form = new FormData();
  form.append("file", file, options.name ?? ("name" in file ? String(file.name) : "file"));
  const headers: Record<string, string> = {
    "idempotency-key": mintId(),
    ...(options.token === null ? {} : { authorization: `Bearer ${options.token}` }),
  };
  const url = options.url ?? "/v1/files";
  if (options.fetch || (!options.request && typeof XMLHttpRequest === "undefined")) return byFetch(url, form, headers, options);
  return byRequest(url, form, headers, options);
}

async function byFetch(url: string, form: FormData, headers: Record<string, string>, { fetch: given, signal, onProgress }: UploadOptions): Promise<FileRef> {
  let response: Response;
  try {
    response = await (given ?? fetch)(url, { method: "POST", headers, body: form, ...(signal ? { signal } : {}) });
  } catch {
    throw new ApiProblem(0, signal?.aborted ? "aborted" : "network", "no answer came");
  }
  if (!response.ok) throw await problemOf(response);
  onProgress(1);
  return read(response.status, await response.text());
}

function byRequest(url: string, form: FormData, headers: Record<string, string>, options: UploadOptions): Promise<FileRef> {
  return new Promise((resolve, reject) => {
    const request = options.request?.() ?? new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) options.onProgress(event.loaded / event.total);
    };
    request.onerror = () => reject(new ApiProblem(0, "network", "no answer came"));
    request.onabort = () => reject(new ApiProblem(0, "aborted", "the upload was cancelled"));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(read(request.status, request.responseText));
      else reject(problemFrom(request.status, request.responseText, request.getResponseHeader("retry-after")));
    };
    options.signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}

function read(status: number, text: string): Promise<FileRef> {
  try {
    return Promise.resolve(JSON.parse(text) as FileRef);
  } catch {
    return Promise.reject(new ApiProblem(status, "not_json", "the answer could not be read"));
  }
}
