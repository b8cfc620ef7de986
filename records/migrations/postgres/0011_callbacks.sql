-- What the measures of callbacks are made of. No number is kept here.

-- One row for each request to be rung, until it is over.
CREATE TABLE callbacks (
    tenant TEXT COLLATE "C" NOT NULL,
    conversation TEXT COLLATE "C" NOT NULL,
    -- The place of the request in the log.
    seq BIGINT NOT NULL,
    -- The phone channel whose line rang.
    line TEXT COLLATE "C" NOT NULL,
    requested_at BIGINT NOT NULL,
    -- The request, or the window's opening when that is later.
    opens_at BIGINT NOT NULL,
    -- None: no window was named.
    until_at BIGINT,
    -- None: they never spoke.
    connected_at BIGINT,
    -- Which call that tried the contact it was, from 1.
    connected_try BIGINT,
    -- How many calls tried the contact.
    attempts BIGINT NOT NULL,
    -- connected, abandoned, given_up or withdrawn.
    ending TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, conversation, seq),
    FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
);
CREATE INDEX callbacks_by_request ON callbacks (tenant, requested_at);

-- One row for each call in which the agent's telephone rang.
CREATE TABLE agent_rings (
    tenant TEXT COLLATE "C" NOT NULL,
    conversation TEXT COLLATE "C" NOT NULL,
    -- The place of the call's end in the log.
    seq BIGINT NOT NULL,
    -- The place of the request.
    callback BIGINT NOT NULL,
    rung_at BIGINT NOT NULL,
    -- None: it was not answered.
    answered_after_ms BIGINT,
    PRIMARY KEY (tenant, conversation, seq),
    FOREIGN KEY (tenant, conversation, callback) REFERENCES callbacks (tenant, conversation, seq)
);
