import { describe, expect, it } from "vitest";
import { headerName } from "./headers.model";

describe("names of header fields", () => {
  it("are written as the field writes them", () => {
    expect(["message-id", "dkim-signature", "mime-version", "arc-seal", "received-spf", "list-unsubscribe", "x-ms-exchange-organization-scl", "in-reply-to", "from", "SUBJECT"].map(headerName))
      .toEqual(["Message-ID", "DKIM-Signature", "MIME-Version", "ARC-Seal", "Received-SPF", "List-Unsubscribe", "X-MS-Exchange-Organization-SCL", "In-Reply-To", "From", "Subject"]);
  });
  it("keep a sender's own way of writing, and whatever is no name", () => {
    expect(["X-GitHub-Reason", "Message-Id", "", "-", "x--y"].map(headerName)).toEqual(["X-GitHub-Reason", "Message-ID", "", "-", "X--Y"]);
  });
});
