import { describe, expect, it } from "vitest";
import { hrefOf, parseRoute, type Route } from "./routes.model";

const back = (route: Route) => {
  const url = new URL(hrefOf(route), "https://desk.example");
  return parseRoute(url.pathname, url.search);
};

describe("addresses", () => {
  it("reads back what it writes", () => {
    const routes: Route[] = [
      { page: "work", tab: "mine", conversation: "conv_1", q: "" },
      { page: "work", tab: "done", conversation: null, q: "社保 & 退税" },
      { page: "live", queue: "tax", wall: true },
      { page: "live", queue: null, wall: false },
      { page: "admin", kind: "quick_replies", id: "hello" },
      { page: "letters", tab: "quarantine", id: null },
      { page: "letters", tab: "dead", id: "dlv_1" },
      { page: "start" },
      { page: "password" },
    ];
    for (const route of routes) expect(back(route)).toEqual(route);
  });
  it("leads unknown addresses to one's own work", () => {
    const mine = { page: "work", tab: "mine", conversation: null, q: "" };
    expect(parseRoute("/desk/", "")).toEqual(mine);
    expect(parseRoute("/elsewhere", "")).toEqual(mine);
    expect(parseRoute("/desk/work/%E0%A4%A", "")).toEqual(mine);
  });
});
