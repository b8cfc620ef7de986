import { describe, expect, it } from "vitest";
import { catalogues } from "../../texts/catalogues";
import "../../texts/callbacks-catalogue";
import { COLUMNS, valueText, type CallbackMeasures } from "./callbacks.model";

const nobody: CallbackMeasures = {
  line: "hotline", requested: 0, connected: 0, tried: 0, first_try: 0, in_window: 0, with_window: 0, abandoned: 0, given_up: 0, withdrawn: 0, attempts: 0, mean_wait_ms: null,
  longest_wait_ms: null, agent_rung: 0, agent_answered_in_time: 0, within_secs: 15, first_try_rate: null, in_window_rate: null, agent_answer_rate: null, abandonment_rate: null,
};
const day: CallbackMeasures = {
  ...nobody, requested: 1200, connected: 900, tried: 1000, first_try: 625, first_try_rate: 0.625, with_window: 4, in_window: 3, in_window_rate: 0.75, abandoned: 300,
  abandonment_rate: 0.25, mean_wait_ms: 65_000, longest_wait_ms: 3_725_000, agent_rung: 8, agent_answered_in_time: 7, agent_answer_rate: 0.875,
};

describe("the measures of callbacks", () => {
  it("are numbers, percentages and times", () => {
    expect(COLUMNS.map((column) => valueText(day, column, "en"))).toEqual(["1,200", "900", "62.5%", "75%", "25%", "0", "0", "1:05", "1:02:05", "87.5%"]);
  });
  it("are a dash where there is nothing to divide by", () => {
    expect(COLUMNS.map((column) => valueText(nobody, column, "zh-CN"))).toEqual(["0", "0", "–", "–", "–", "0", "0", "–", "–", "–"]);
  });
  it("have a name and a definition each", () => {
    for (const column of COLUMNS) for (const key of [`callbacks.${column}`, `callbacks.${column}_means`]) expect(catalogues["zh-CN"]).toHaveProperty([key]);
  });
});
