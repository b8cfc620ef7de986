import { describe, expect, it } from "vitest";
import { readPreferences } from "./preferences.model";

describe("preferences", () => {
  it("start from the browser's language", () => {
    expect(readPreferences(null, ["fr", "en-GB"]).locale).toBe("en");
    expect(readPreferences(null, ["zh-TW"]).locale).toBe("zh-CN");
    expect(readPreferences(null, ["fr"]).locale).toBe("zh-CN");
  });
  it("take what was stored, and nothing of the wrong sort", () => {
    const stored = JSON.stringify({ locale: "en", theme: "dark", sound: "yes", keys: false, sendBy: "ctrl_enter", more: 1 });
    expect(readPreferences(stored, ["zh-CN"])).toMatchObject({ locale: "en", theme: "dark", sound: true, keys: false, sendBy: "ctrl_enter" });
    expect(readPreferences("{", ["en"]).locale).toBe("en");
  });
});
