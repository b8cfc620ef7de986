import { describe, expect, it } from "vitest";
import { frameAddress, settingsOf, signColor } from "./settings.ts";

const SRC = "https://help.example.cn/widget/loader.js?v=1";

describe("the script tag", () => {
  it("is read with its defaults", () => {
    expect(settingsOf({}, SRC, "")).toEqual({
      channel: "website", locale: "zh-CN", color: null, corner: null, base: "https://help.example.cn/widget/",
    });
  });

  it("follows the page's language unless it says its own", () => {
    expect(settingsOf({}, SRC, "en-GB").locale).toBe("en");
    expect(settingsOf({}, SRC, "zh-Hant").locale).toBe("zh-CN");
    expect(settingsOf({ locale: "zh-CN" }, SRC, "en").locale).toBe("zh-CN");
  });

  it("takes nothing that could be more than it says", () => {
    const settings = settingsOf({ channel: "a/../b", color: "red;}", corner: "top" }, SRC, "en");
    expect(settings).toMatchObject({ channel: "website", color: null, corner: null });
  });

  it("makes the panel's address on the script's own host", () => {
    const settings = settingsOf({ channel: "tax", color: "#c00" }, SRC, "en");
    expect(frameAddress(settings, "https://city.example.cn")).toBe(
      "https://help.example.cn/widget/frame.html?channel=tax&locale=en&origin=https%3A%2F%2Fcity.example.cn&color=%23c00",
    );
  });

  it("puts a sign on the button that can be seen", () => {
    expect(signColor("#1f5eff")).toBe("#fff");
    expect(signColor("#ffd400")).toBe("#10152b");
    expect(signColor("#000")).toBe("#fff");
  });
});
