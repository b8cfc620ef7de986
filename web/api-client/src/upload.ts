/** File upload with progress, for which `fetch` has no answer yet. */
import { ApiProblem, problemFrom } from "./http.ts";
import { mintId } from "./ids.ts";
import type { FileRef } from "./protocol.ts";

/** What an upload needs to know. */
export interface UploadOptions {
  /** Where to; `/v1/files` when absent. */
  url?: string;
  token: string | null;
  /** From 0 to 1. */
  onProgress: (share: number) => void;
  signal?: AbortSignal;
  /** For tests. */
  request?: () => XMLHttpRequest;
}

/** Sends one file; rejects with an `ApiProblem`, code `aborted` when the signal fired. */
export function uploadFile(file: File, options: UploadOptions): Promise<FileRef> {
  return new Promise((resolve, reject) => {
    const request = options.request?.() ?? new XMLHttpRequest();
    request.open("POST", options.url ?? "/v1/files");
    if (options.token !== null) request.setRequestHeader("authorization", `Bearer ${options.token}`);
    request.setRequestHeader("idempotency-key", mintId());
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) options.onProgress(event.loaded / event.total);
    };
    request.onerror = () => reject(new ApiProblem(0, "network", "no answer came"));
    request.onabort = () => reject(new ApiProblem(0, "aborted", "the upload was cancelled"));
    request.onload = () => {
      if (request.status < 200 || request.status >= 300) {
        reject(problemFrom(request.status, request.responseText, request.getResponseHeader("retry-after")));
        return;
      }
      try {
        resolve(JSON.parse(request.responseText) as FileRef);
      } catch {
        reject(new ApiProblem(request.status, "not_json", "the answer could not be read"));
      }
    };
    options.signal?.addEventListener("abort", () => request.abort(), { once: true });
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}
