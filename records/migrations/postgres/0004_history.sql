-- Closed conversations with their logs, the search over them, their waits and ratings.

CREATE TABLE conversations (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id TEXT COLLATE "C" NOT NULL,
    contact TEXT COLLATE "C" NOT NULL,
    queue TEXT COLLATE "C" NOT NULL,
    -- Who answered it last; none when nobody did.
    agent TEXT COLLATE "C",
    closed_at BIGINT NOT NULL,
    archived_at BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX conversations_by_close ON conversations (tenant, closed_at, id);
CREATE INDEX conversations_of_contact ON conversations (tenant, contact, closed_at, id);
CREATE INDEX conversations_of_queue ON conversations (tenant, queue, closed_at, id);
CREATE INDEX conversations_of_agent ON conversations (tenant, agent, closed_at, id);

CREATE TABLE messages (
    place BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant TEXT COLLATE "C" NOT NULL,
    conversation TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    UNIQUE (tenant, conversation, seq),
    FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
);

-- Tokens are made by the archive (pairs of Chinese characters, whole words of other scripts), so no
-- text search configuration of the server matters.
CREATE TABLE message_search (
    rowid BIGINT NOT NULL PRIMARY KEY REFERENCES messages (place),
    tokens TSVECTOR NOT NULL
);
CREATE INDEX message_search_by_token ON message_search USING gin (tokens);

-- One row for each time that a conversation waited for an agent: the base of the reports.
CREATE TABLE waits (
    tenant TEXT COLLATE "C" NOT NULL,
    conversation TEXT COLLATE "C" NOT NULL,
    arrived_at BIGINT NOT NULL,
    -- None: abandoned.
    accepted_at BIGINT,
    closed_at BIGINT NOT NULL,
    queue TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C",
    PRIMARY KEY (tenant, conversation, arrived_at),
    FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
);
CREATE INDEX waits_by_arrival ON waits (tenant, arrived_at);

-- A rating may come before its conversation is in the archive.
CREATE TABLE ratings (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    conversation TEXT COLLATE "C" NOT NULL,
    grade BIGINT NOT NULL CHECK (grade BETWEEN 1 AND 5),
    comment TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant, conversation)
);
CREATE INDEX ratings_by_age ON ratings (tenant, at, conversation);
