import { describe, expect, it } from "vitest";
import { linkify, safeHref } from "./links.ts";

const links = (text: string) => linkify(text).flatMap((piece) => (piece.href === null ? [] : [piece.text]));

describe("links in foreign text", () => {
  it.each([
    ["见 https://example.gov.cn/a?b=1，谢谢", ["https://example.gov.cn/a?b=1"]],
    ["请访问https://example.cn办理", ["https://example.cn"]],
    ["(see https://example.com/a_(b)).", ["https://example.com/a_(b)"]],
    ["https://example.com/x. Next", ["https://example.com/x"]],
    ["http://a.cn http://b.cn", ["http://a.cn", "http://b.cn"]],
    ["HTTPS://EXAMPLE.COM!", ["HTTPS://EXAMPLE.COM"]],
  ])("finds them in %s", (text, found) => {
    expect(links(text)).toEqual(found);
  });

  it.each([
    "javascript:alert(1)",
    "data:text/html,<script>",
    "www.example.com",
    "https://",
    "https://user:pass@evil.example/",
    "<img src=x onerror=alert(1)>",
  ])("makes no link of %s", (text) => {
    expect(links(text)).toEqual([]);
  });

  it("loses no character", () => {
    const text = "a https://x.cn/<b>, 'https://y.cn' 。https://z.cn。";
    expect(linkify(text).map((piece) => piece.text).join("")).toBe(text);
  });

  it("takes only web addresses as targets", () => {
    expect(safeHref("https://example.cn/privacy")).toBe("https://example.cn/privacy");
    expect(safeHref("/privacy")).toBeNull();
    expect(safeHref("JaVaScRiPt:alert(1)")).toBeNull();
  });
});
