/** Puts the desk on the page. */
import "@hutong/ui/tokens.css";
import "@hutong/ui/base.css";
import "./desk.css";
import { render } from "preact";
import { App } from "./app";
import { startClock } from "./core/clock";
import { followPreferences } from "./core/preferences";
import { resumeSession } from "./core/session";
import { forgetOldDrafts } from "./features/conversation/drafts";

followPreferences();
forgetOldDrafts();
startClock();
void resumeSession();

const root = document.getElementById("desk");
if (root) render(<App />, root);
