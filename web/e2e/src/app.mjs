/** The sample app on somebody's phone: its own backend, its service worker, and a push service that others wrote. */
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "./browser.mjs";
import { PushService } from "./push-service.mjs";
import { Process, eventually, freePort } from "./processes.mjs";

const CHANNEL = "app";
const KEY_ID = "2026-11";
const sample = resolve(import.meta.dirname, "../../sample-app");
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

/** The app as the city runs it: its keys, its backend, and where its phones are woken. */
export class City {
  /** Makes the keys of the app: those by which its backend vouches, and those by which the gateway pushes. */
  static async take() {
    if (!existsSync(join(sample, "dist/worker.js"))) throw new Error("web/sample-app is not built: npm run build");
    const city = new City();
    city.folder = mkdtempSync(join(tmpdir(), "hutong-app-"));
    const [identity, push] = [0, 1].map(() => generateKeyPairSync("ec", { namedCurve: "P-256" }));
    city.key = join(city.folder, "app-key.pem");
    writeFileSync(city.key, identity.privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    city.identity = identity.publicKey.export({ type: "spki", format: "pem" });
    city.push = push.privateKey.export({ format: "jwk" }).d;
    city.service = new PushService();
    return city;
  }

  /** The app's channel of a desk, whose conversations go to a queue. */
  channel(queue) {
    return {
      id: CHANNEL,
      name: { "zh-CN": "云溪市民服务", en: "Yunxi city services" },
      kind: "app",
      adapter: "app",
      audience: "public",
      topics: [{ id: queue, name: { "zh-CN": "税务", en: "Tax" }, queue, request_type: "consultation" }],
      settings: {
        identity_keys: [{ id: KEY_ID, algorithm: "ES256", public_key: this.identity }],
        push: { after_secs: 0, web_push: { subject: "mailto:desk@city.example", private_key: this.push } },
      },
    };
  }

  /** Starts the backend before a gateway. */
  async start(gateway) {
    const port = await freePort();
    this.address = `http://127.0.0.1:${port}/app/`;
    const options = { gateway, channel: CHANNEL, key: this.key, kid: KEY_ID, port: String(port) };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    this.backend = new Process("backend", process.execPath, [join(sample, "backend.mjs"), ...args], this.folder);
    await eventually("the app's backend answers", async () => {
      if (!this.backend.isRunning) throw new Error(this.backend.output());
      return (await fetch(this.address)).ok;
    });
  }

  async close() {
    this.service.close();
    await this.backend?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What stands in for the browser's own push, of which no service is reachable here. The subscription stays when pages go. */
function withPushService() {
  const known = (json, key) => json && {
    ...json, options: { userVisibleOnly: true, applicationServerKey: key ?? null }, toJSON: () => json,
    unsubscribe: () => window.pushUnsubscribed(),
  };
  PushManager.prototype.getSubscription = async () => known(await window.pushSubscription());
  PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
    if (Notification.permission !== "granted") throw new DOMException("not granted", "NotAllowedError");
    const text = btoa(String.fromCharCode(...key)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    return known(await window.pushSubscribed(text), key.buffer);
  };
}

/** In the worker: how many pushes it has dealt with since this was first asked. */
function countPushes() {
  if (self.pushes === undefined) {
    self.pushes = 0;
    const { waitUntil } = self.ExtendableEvent.prototype;
    self.ExtendableEvent.prototype.waitUntil = function counted(promise) {
      if (this.type === "push") void promise.finally(() => (self.pushes += 1));
      return waitUntil.call(this, promise);
    };
  }
  return self.pushes;
}

/** Somebody's phone with the app on it. */
export class Phone {
  /** How much of what was pushed was handed on to the worker. */
  #delivered = 0;
  subscription = null;
  /** What went wrong in pages, and what their policy forbade. */
  complaints = [];

  static async takes(browser, city, { locale = "zh-CN", ...more } = {}) {
    const phone = new Phone();
    phone.city = city;
    phone.context = await browser.newContext({ locale, ...PHONE, ...more });
    await phone.context.grantPermissions(["notifications"], { origin: new URL(city.address).origin });
    await phone.context.exposeFunction("pushSubscription", () => phone.subscription?.json ?? null);
    await phone.context.exposeFunction("pushSubscribed", async (key) => (phone.subscription = await city.service.subscribe(key)).json);
    await phone.context.exposeFunction("pushUnsubscribed", () => {
      phone.subscription = null;
      return true;
    });
    await phone.context.addInitScript(withPushService);
    // The phone is on, whatever is closed on it.
    phone.other = await phone.context.newPage();
    await phone.opens(city.address);
    return phone;
  }

  async opens(address) {
    this.page = await this.context.newPage();
    this.page.on("pageerror", (error) => this.complaints.push(error.message));
    this.page.on("console", (line) => {
      if (/content security policy/iu.test(line.text())) this.complaints.push(line.text());
    });
    await this.page.goto(address);
    await this.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  }

  async signsIn(name) {
    await this.page.getByTestId("person").filter({ hasText: name }).click();
    await expect(`${name} sees the topics`, () => this.page.getByTestId("topic").first().isVisible());
  }

  /** Opens the settings and switches notifications on. */
  async wantsPush() {
    await this.page.getByTestId("settings").click();
    const push = this.page.getByTestId("push");
    await push.click();
    await expect("notifications are on", () => push.isChecked());
  }

  async asks(topic, text) {
    await this.page.getByTestId("topic").filter({ hasText: topic }).click();
    await this.says(text);
  }

  async says(text) {
    await this.page.getByTestId("composer").fill(text);
    await this.page.getByTestId("send").click();
    await this.sees(text);
  }

  async sees(text) {
    await expect(`the app shows ${text}`, () => this.page.getByTestId("said").getByText(text, { exact: true }).last().isVisible());
  }

  /** What people said, in order, as it stands on the screen. */
  transcript() {
    return this.page.getByTestId("said").locator(".words").allInnerTexts();
  }

  /** The app is closed; its worker stays, as on a phone. */
  async closesApp() {
    await this.page.close();
  }

  /** The app goes behind another, or comes back. A browser without a screen hides no page: the page is told. */
  async isHidden(hidden) {
    await this.page.evaluate((state) => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden ? "hidden" : "visible");
  }

  async #worker() {
    const isOurs = (worker) => worker.url().startsWith(this.city.address);
    return eventually("the app's worker", () => this.context.serviceWorkers().find(isOurs));
  }

  /**
   * Hands on to the app's worker what the push service has for it, as the browser does, and waits until the worker is
   * done with it: Chromium drops a notification that somebody lists while it is being shown.
   */
  async isWoken() {
    const line = await this.context.newCDPSession(this.other);
    const found = new Promise((done) => {
      line.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
        const ours = registrations.find(({ scopeURL }) => scopeURL === this.city.address);
        if (ours) done(ours.registrationId);
      });
    });
    await line.send("ServiceWorker.enable");
    const registrationId = await found;
    const worker = await this.#worker();
    const before = await worker.evaluate(countPushes);
    const waiting = (await this.subscription.payloads()).slice(this.#delivered);
    for (const payload of waiting) {
      const { origin } = new URL(this.city.address);
      await line.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data: JSON.stringify(payload) });
      this.#delivered += 1;
    }
    await expect("the worker is done with it", async () => (await worker.evaluate(countPushes)) === before + waiting.length);
    await line.detach();
  }

  /** What the phone shows while the app is closed. */
  async notifications() {
    const worker = await this.#worker();
    return worker.evaluate(async () => (await self.registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag })));
  }

  /**
   * Presses the notification that is shown, and follows where the app's worker leads: to the page that is open, or to
   * a new one. A script's press may open and raise no window, so the worker is heard asking for it, and it is done here.
   */
  async opensNotification() {
    const worker = await this.#worker();
    const { opened, raised } = await worker.evaluate(async () => {
      const [notification] = await self.registration.getNotifications();
      const event = new self.NotificationEvent("notificationclick", { notification });
      const asked = { opened: [], raised: [] };
      const done = [];
      event.waitUntil = (promise) => done.push(promise);
      self.clients.openWindow = async (url) => void asked.opened.push(new URL(url, self.location).href);
      self.WindowClient.prototype.focus = async function focus() { asked.raised.push(this.url); };
      self.dispatchEvent(event);
      await Promise.all(done);
      return asked;
    });
    if (opened.length + raised.length !== 1) throw new Error(`the worker opened ${opened} and raised ${raised}`);
    if (raised.length > 0) await this.isHidden(false);
    else await this.opens(opened[0]);
  }

  async leaves() {
    await this.context.close();
  }
}
