/** The messengers that the desk knows by name, and the short sign of each. */
const SIGNS = {
  wecom: "企", wecom_kf: "微", dingtalk: "钉", feishu: "飞", telegram: "Tg", slack: "Sl", matrix: "M", bridge: "⇄",
} as const;

export type Network = keyof typeof SIGNS;
export const NETWORKS = Object.keys(SIGNS) as Network[];

export const isNetwork = (adapter: string): adapter is Network => Object.hasOwn(SIGNS, adapter);
/** A network that the desk does not know has the first letter of its adapter. */
export const networkSign = (adapter: string): string => (isNetwork(adapter) ? SIGNS[adapter] : (adapter[0] ?? "?").toUpperCase());
