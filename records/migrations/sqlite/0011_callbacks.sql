-- What the measures of callbacks are made of. No number is kept here.

-- One row for each request to be rung, until it is over.
CREATE TABLE callbacks (
    tenant TEXT NOT NULL,
    conversation TEXT NOT NULL,
    -- The place of the request in the log.
    seq INTEGER NOT NULL,
    -- The phone channel whose line rang.
    line TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    -- The request, or the window's opening when that is later.
    opens_at INTEGER NOT NULL,
    -- None: no window was named.
    until_at INTEGER,
    -- None: they never spoke.
    connected_at INTEGER,
    -- Which call that tried the contact it was, from 1.
    connected_try INTEGER,
    -- How many calls tried the contact.
    attempts INTEGER NOT NULL,
    -- connected, abandoned, given_up or withdrawn.
    ending TEXT NOT NULL,
    PRIMARY KEY (tenant, conversation, seq),
    FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
) STRICT;
CREATE INDEX callbacks_by_request ON callbacks (tenant, requested_at);

-- One row for each call in which the agent's telephone rang.
CREATE TABLE agent_rings (
    tenant TEXT NOT NULL,
    conversation TEXT NOT NULL,
    -- The place of the call's end in the log.
    seq INTEGER NOT NULL,
    -- The place of the request.
    callback INTEGER NOT NULL,
    rung_at INTEGER NOT NULL,
    -- None: it was not answered.
    answered_after_ms INTEGER,
    PRIMARY KEY (tenant, conversation, seq),
    FOREIGN KEY (tenant, conversation, callback) REFERENCES callbacks (tenant, conversation, seq)
) STRICT;
