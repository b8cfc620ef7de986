import { describe, expect, it } from "vitest";
import { ApiClient, ApiProblem } from "./http.ts";
import { mintId } from "./ids.ts";

function client(answers: Response[], token = "t1", renew?: () => Promise<boolean>) {
  const calls: { url: string; headers: Headers; body: unknown }[] = [];
  const api = new ApiClient({
    token: () => token,
    ...(renew ? { renew } : {}),
    fetch: (url, init) => {
      calls.push({ url: url as string, headers: new Headers(init?.headers), body: init?.body });
      const answer = answers.shift();
      return answer === undefined ? Promise.reject(new TypeError("down")) : Promise.resolve(answer);
    },
  });
  return { api, calls };
}

const problem = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/problem+json", ...headers } });

describe("the API client", () => {
  it("sends the token in the header, the query in the URL and a key with each post", async () => {
    const { api, calls } = client([Response.json({ ok: 1 }), Response.json({})]);
    expect(await api.get("/chat/messages", { before_seq: 5, limit: undefined })).toEqual({ ok: 1 });
    await api.post("/x", { a: 1 }, "key-1");
    expect(calls[0]?.url).toBe("/v1/chat/messages?before_seq=5");
    expect(calls[0]?.headers.get("authorization")).toBe("Bearer t1");
    expect(calls[1]?.headers.get("idempotency-key")).toBe("key-1");
    expect(calls[1]?.body).toBe('{"a":1}');
  });

  it("turns problem+json into a typed error with its hint", async () => {
    const errors = [{ path: "text", problem: "too long" }];
    const { api } = client([problem(503, { code: "store_down", detail: "later", errors }, { "retry-after": "2" })]);
    const error = await api.get("/x").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({ status: 503, code: "store_down", detail: "later", errors, retryAfterMs: 2000 });
  });

  it("names what a proxy says after its status, and silence `network`", async () => {
    const { api } = client([new Response("<html>", { status: 502 })]);
    await expect(api.get("/x")).rejects.toMatchObject({ status: 502, code: "http_502", retryAfterMs: null });
    await expect(api.get("/x")).rejects.toMatchObject({ status: 0, code: "network" });
  });

  it("renews the token once and no more", async () => {
    const { api, calls } = client([problem(401, { code: "token" }), problem(401, { code: "token" })], "t", () =>
      Promise.resolve(true),
    );
    await expect(api.get("/x")).rejects.toMatchObject({ status: 401 });
    expect(calls).toHaveLength(2);
  });

  it("takes an empty answer", async () => {
    const { api } = client([new Response(null, { status: 204 })]);
    expect(await api.post("/x")).toBeUndefined();
  });
});

describe("minted ids", () => {
  it("are within the limits of the protocol, differ, and sort by time", () => {
    const ids = Array.from({ length: 100 }, (_, n) => mintId(1_700_000_000_000 + n * 1000));
    expect(new Set(ids).size).toBe(100);
    expect([...ids].sort()).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]{25}$/);
  });
});
