/** The dialogs that let go of a conversation. */
import "./endings.css";
import { desk } from "../../core/store";
import { AssignDialog } from "./assign-dialog";
import { CloseDialog } from "./close-dialog";
import { DeclineDialog } from "./decline-dialog";
import { dialog } from "./dialogs";
import { SnoozeDialog } from "./snooze-dialog";
import { TransferDialog } from "./transfer-dialog";

export function Endings() {
  const open = dialog.value;
  const one = open && desk.value?.known.get(open.conversation);
  if (!open || !one) return null;
  switch (open.name) {
    case "transfer":
      return <TransferDialog one={one} />;
    case "close":
      return <CloseDialog one={one} />;
    case "snooze":
      return <SnoozeDialog one={one} />;
    case "assign":
      return <AssignDialog one={one} />;
    case "decline":
      return <DeclineDialog one={one} />;
  }
}
