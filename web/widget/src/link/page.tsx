/** The entrance of the page behind a callback's link. */
import "@hutong/ui/tokens.css";
import "../styles/base.css";
import "../styles/calling.css";
import "./link.css";
import { ApiClient, type Locale } from "@hutong/api-client";
import { render } from "preact";
import { browserStorage } from "../browser-storage.ts";
import { localeOf } from "../texts/locale.ts";
import { App } from "./app.tsx";
import { tokenOf } from "./model.ts";

const CHOSEN = "hutong.callback.locale";
const api = new ApiClient();
const storage = browserStorage();
const darkness = matchMedia("(prefers-color-scheme: dark)");

function paint(): void {
  document.documentElement.dataset["theme"] = darkness.matches ? "dark" : "light";
}

function chosen(): Locale | null {
  const kept = storage?.getItem(CHOSEN);
  return kept === "en" || kept === "zh-CN" ? kept : null;
}

function choose(locale: Locale): void {
  try {
    storage?.setItem(CHOSEN, locale);
  } catch {
    // Storage may be full: then it holds until the page is left.
  }
}

function show(): void {
  const place = document.getElementById("page");
  if (place === null) return;
  render(
    <App api={api} token={tokenOf(location.hash)} locale={localeOf(navigator.language)} chosen={chosen()} onChosen={choose} />, place,
  );
}

paint();
darkness.addEventListener("change", paint);
window.addEventListener("hashchange", show);
show();
