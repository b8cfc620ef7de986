/** A thin client of the HTTP API: JSON in and out, problem+json as a typed error. */
import { mintId } from "./ids.ts";

/** One wrong place of a body. */
export interface FieldProblem {
  path: string;
  problem: string;
}

/** A refused or failed request. `status` 0 and code `network` mean that no answer came. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: FieldProblem[] = [],
    readonly retryAfterMs: number | null = null,
  ) {
    super(`${code}: ${detail}`);
  }
}

/** What a client is built from. */
export interface ApiOptions {
  /** Where the API lives, without a slash at the end; `/v1` when absent. */
  base?: string;
  /** The bearer token of the moment. */
  token?: () => string | null;
  /** Called once on 401: true when a new token is at hand and the request may be tried again. */
  renew?: () => Promise<boolean>;
  fetch?: typeof fetch;
}

type Query = Record<string, string | number | boolean | undefined>;

export class ApiClient {
  private readonly base: string;

  constructor(private readonly options: ApiOptions = {}) {
    this.base = options.base ?? "/v1";
  }

  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
    return this.json<T>("GET", path + queryText(query), undefined, {}, signal);
  }

  /** The key makes a repeat of the same request the same request; without one it is minted. */
  post<T>(path: string, body?: unknown, idempotencyKey: string = mintId()): Promise<T> {
    return this.json<T>("POST", path, body, { "idempotency-key": idempotencyKey });
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.json<T>("PUT", path, body);
  }

  delete<T = void>(path: string): Promise<T> {
    return this.json<T>("DELETE", path);
  }

  /** Bytes that need the token: an image becomes a blob, the token never a part of a URL. */
  async blob(path: string, signal?: AbortSignal): Promise<Blob> {
    const response = await this.send(path, signal === undefined ? {} : { signal });
    return response.blob();
  }

  private async json<T>(method: string, path: string, body?: unknown, extra?: Record<string, string>, signal?: AbortSignal): Promise<T> {
    const headers: Record<string, string> = { accept: "application/json", ...extra };
    const init: RequestInit = { method, headers, ...(signal ? { signal } : {}) };
    if (body !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    const response = await this.send(path, init);
    const text = await response.text().catch(() => "");
    if (text === "") return undefined as T;
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new ApiProblem(response.status, "not_json", "the answer could not be read");
    }
  }

  private async send(path: string, init: RequestInit, again = true): Promise<Response> {
    const token = this.options.token?.() ?? null;
    const headers = new Headers(init.headers);
    if (token !== null) headers.set("authorization", `Bearer ${token}`);
    let response: Response;
    try {
      response = await (this.options.fetch ?? fetch)(this.base + path, { ...init, headers, credentials: "same-origin" });
    } catch (error) {
      // By its name: not every system that runs this has a class for it.
      if (error instanceof Error && error.name === "AbortError") throw error;
      throw new ApiProblem(0, "network", "no answer came");
    }
    if (response.ok) return response;
    if (response.status === 401 && again && (await this.options.renew?.()) === true) {
      return this.send(path, init, false);
    }
    throw await problemOf(response);
  }
}

/** Reads a problem+json body; anything else becomes a problem named after its status. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const text = await response.text().catch(() => "");
  return problemFrom(response.status, text, response.headers.get("retry-after"));
}

/** The same, from the parts of an answer. */
export function problemFrom(status: number, body: string, retryAfter: string | null): ApiProblem {
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  const retryAfterMs = Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : null;
  let value: Partial<Record<"code" | "detail" | "title" | "errors", unknown>> = {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null) value = parsed;
  } catch {
    // A proxy answered in its own words; the status must do.
  }
  const text = (field: unknown): string | null => (typeof field === "string" && field !== "" ? field : null);
  const errors = Array.isArray(value.errors) ? (value.errors as FieldProblem[]) : [];
  return new ApiProblem(
    status,
    text(value.code) ?? `http_${String(status)}`,
    text(value.detail) ?? text(value.title) ?? `status ${String(status)}`,
    errors,
    retryAfterMs,
  );
}

function queryText(query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}
