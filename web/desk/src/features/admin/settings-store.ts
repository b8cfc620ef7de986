/** All settings of the desk, loaded at once: forms name one another's objects. */
import { ApiProblem, type Schemas } from "@hutong/api-client";
import { signal } from "@preact/signals";
import { inWords } from "../../texts/texts";
import { api } from "../../core/session";
import type { Setting, SettingKind, Values } from "./model";

export const SETTING_KINDS: readonly SettingKind[] = [
  "queues", "skills", "agents", "channels", "calendars", "request_types", "quick_replies", "webhooks",
];

type All = { [K in SettingKind]: readonly Setting<Values[K]>[] };

export const settings = signal<All | null>(null);
export const settingsProblem = signal<unknown>(null);

export async function loadSettings() {
  try {
    const lists = await Promise.all(SETTING_KINDS.map(async (kind) => [kind, await api.get<Setting[]>(`/settings/${kind}`)] as const));
    settings.value = Object.fromEntries(lists) as unknown as All;
    settingsProblem.value = null;
  } catch (error) {
    settingsProblem.value = error;
  }
}

export type Saved = "saved" | "conflict";

const path = (kind: SettingKind, id: string) => `/settings/${kind}/${encodeURIComponent(id)}`;

/** Saves one; a conflict loads what stands there now, so that the person can choose. */
export async function saveSetting(kind: SettingKind, one: Setting): Promise<Saved> {
  try {
    await api.put(path(kind, one.value.id), { version: one.version, value: one.value });
    await loadSettings();
    return "saved";
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== "stale_version") throw error;
    await loadSettings();
    return "conflict";
  }
}

export async function deleteSetting(kind: SettingKind, id: string) {
  await api.delete(path(kind, id));
  await loadSettings();
}

export type Version = Schemas["DocumentVersion"];

export const loadVersions = (kind: SettingKind, id: string) => api.get<Version[]>(`${path(kind, id)}/history`);

/** Takes back the change that made this version. */
export async function undoSetting(kind: SettingKind, id: string, version: number): Promise<Saved> {
  try {
    await api.post(`${path(kind, id)}/undo`, { version });
    await loadSettings();
    return "saved";
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== "stale_version") throw error;
    await loadSettings();
    return "conflict";
  }
}

/** What a setting is called in the lists. */
export function titleOf(one: Values[SettingKind]): string {
  if ("title" in one) return inWords(one.title, one.id);
  if ("name" in one) return typeof one.name === "string" ? one.name || one.id : inWords(one.name, one.id);
  return one.id;
}

/** Choices for a form that names objects of a kind. */
export function choicesOf(kind: SettingKind): { value: string; label: string }[] {
  return (settings.value?.[kind] ?? []).map((one) => ({ value: one.id, label: titleOf(one.value) }));
}

/** The mailboxes that can carry letters of a chat: they are open and can send. */
export function mailboxes(): { value: string; label: string }[] {
  const sends = (settings.value?.channels ?? []).filter(({ value }) => value.kind === "email" && value.enabled !== false && Boolean((value.settings as Record<string, unknown> | undefined)?.["smtp"]));
  return sends.map((one) => ({ value: one.id, label: titleOf(one.value) }));
}

/** The channels that can call people. */
export function phoneChannels(): { value: string; label: string }[] {
  return (settings.value?.channels ?? []).filter(({ value }) => value.kind === "phone").map((one) => ({ value: one.id, label: titleOf(one.value) }));
}

export function nameOf(kind: SettingKind, id: string): string {
  return choicesOf(kind).find((choice) => choice.value === id)?.label ?? id;
}
