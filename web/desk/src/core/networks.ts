/** The messengers that the desk knows by name, and the short sign of each. A network that it does not know has its
 * adapter's name. */
import { t, tOr } from "../texts/texts";

const SIGNS = {
  wecom: "企", wecom_kf: "微", dingtalk: "钉", feishu: "飞", telegram: "Tg", slack: "Sl", matrix: "M", bridge: "⇄",
} as const;

export type Network = keyof typeof SIGNS;
export const NETWORKS = Object.keys(SIGNS) as Network[];

export const isNetwork = (adapter: string): adapter is Network => adapter in SIGNS;
export const networkName = (adapter: string) => (isNetwork(adapter) ? t(`network.${adapter}`) : tOr(`network.${adapter}`, adapter));
export const networkSign = (adapter: string): string => (isNetwork(adapter) ? SIGNS[adapter] : (adapter[0] ?? "?").toUpperCase());
