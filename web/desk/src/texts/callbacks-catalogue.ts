/** The texts of the measures of callbacks; importing it adds them. */
import { en } from "./callbacks.en";
import { zh } from "./callbacks.zh";
import { addTexts } from "./catalogues";

addTexts({ en, "zh-CN": zh });
