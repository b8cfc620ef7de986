/** The launcher button and the frame beside it. */
import type { Locale } from "@hutong/api-client";
import { DEFAULT_COLOR } from "../color.ts";
import { signColor, type LoaderSettings } from "./settings.ts";
import { STYLE } from "./style.ts";
import { loaderTexts } from "./texts.ts";

const SVG = "http://www.w3.org/2000/svg";
/** A speech bubble, and a cross. */
const OPEN_SIGN = "M12 3.2c-5.1 0-9.2 3.6-9.2 8 0 2.3 1.1 4.4 2.9 5.8-.1 1-.5 2.2-1.5 3.3 1.9-.1 3.5-.8 4.6-1.7 1 .3 2.1.5 3.2.5 5.1 0 9.2-3.6 9.2-8s-4.1-7.9-9.2-7.9z";
const CLOSE_SIGN = "M6.5 6.5l11 11m0-11l-11 11";

export class Launcher {
  readonly frame: HTMLIFrameElement;
  private readonly root: HTMLDivElement;
  private readonly button: HTMLButtonElement;
  private readonly badge: HTMLSpanElement;
  private readonly place: HTMLDivElement;
  private readonly texts: (typeof loaderTexts)[Locale];
  private shown = false;

  constructor(private readonly settings: LoaderSettings, onClick: () => void) {
    this.texts = loaderTexts[settings.locale];
    const host = document.createElement("hutong-chat");
    host.lang = settings.locale;
    const shadow = host.attachShadow({ mode: "open" });
    dress(shadow);
    this.root = make("div", "");
    this.button = make("button", "b");
    this.button.type = "button";
    this.button.setAttribute("aria-expanded", "false");
    this.badge = make("span", "n");
    this.button.append(sign("o", OPEN_SIGN, "currentColor"), sign("x", CLOSE_SIGN, "none"), this.badge);
    this.button.onclick = onClick;
    this.place = make("div", "p");
    this.frame = document.createElement("iframe");
    this.frame.title = this.texts.title;
    this.frame.allow = "clipboard-write";
    this.root.append(this.place, this.button);
    shadow.append(this.root);
    this.theme(settings.color ?? DEFAULT_COLOR, settings.corner ?? "right");
    this.unread(0);
    document.body.append(host);
    window.visualViewport?.addEventListener("resize", () => this.fit());
    window.visualViewport?.addEventListener("scroll", () => this.fit());
  }

  /** Loads the panel, until it has answered once: a gateway that was away is asked again. */
  load(address: string): void {
    if (this.root.classList.contains("ready")) return;
    this.frame.src = address;
    if (!this.frame.isConnected) this.place.append(this.frame);
  }

  /** The panel answered: from now on it has its own way to close, also where it fills the screen. */
  ready(): void {
    this.root.classList.add("ready");
  }

  show(open: boolean): void {
    this.shown = open;
    this.root.classList.toggle("open", open);
    this.button.setAttribute("aria-expanded", String(open));
    this.name(this.badge.textContent ?? "");
    this.fit();
    if (open) this.frame.focus();
    else this.button.focus({ preventScroll: true });
  }

  unread(count: number): void {
    this.badge.textContent = count === 0 ? "" : count > 99 ? "99+" : String(count);
    this.name(this.badge.textContent);
  }

  /** The tag's own wishes go before the desk's. */
  theme(color: string, corner: "left" | "right"): void {
    const own = this.settings.color ?? color;
    this.root.style.setProperty("--c", own);
    this.root.style.setProperty("--s", signColor(own));
    this.root.classList.toggle("left", (this.settings.corner ?? corner) === "left");
  }

  private name(unread: string): void {
    const name = this.shown ? this.texts.close : this.texts.open;
    this.button.setAttribute("aria-label", unread === "" ? name : `${name}, ${unread} ${this.texts.unread}`);
  }

  /** On a phone the on-screen keyboard must not cover the composer: the panel takes what is left. */
  private fit(): void {
    const view = window.visualViewport;
    const full = matchMedia("(max-width:480px),(max-height:480px)").matches;
    const style = this.place.style;
    if (view && this.shown && full && view.height < window.innerHeight - 80) {
      style.bottom = "auto";
      style.top = `${String(view.offsetTop)}px`;
      style.height = `${String(view.height)}px`;
    } else {
      style.bottom = style.top = style.height = "";
    }
  }
}

/** A sheet made by script passes a policy that forbids inline styles; old browsers take an element. */
function dress(shadow: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement("style");
    style.textContent = STYLE;
    shadow.append(style);
  }
}

function make<T extends keyof HTMLElementTagNameMap>(tag: T, name: string): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  if (name !== "") element.className = name;
  return element;
}

function sign(name: string, line: string, fill: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("class", name);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", line);
  path.setAttribute("fill", fill);
  path.setAttribute("stroke", "currentColor");
  path.setAttribute("stroke-width", fill === "none" ? "2.2" : "0");
  path.setAttribute("stroke-linecap", "round");
  svg.append(path);
  return svg;
}
