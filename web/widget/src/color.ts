/** The colour of last resort, apart so that the loader stays small. */
export const DEFAULT_COLOR = "#1f5eff";
