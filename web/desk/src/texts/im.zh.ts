/** Words of the admin pages about messengers. */
import type { en } from "./im.en";

export const zh: Record<keyof typeof en, string> = {
};
