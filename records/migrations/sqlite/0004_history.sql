-- Closed conversations with their logs, the search over them, their waits and ratings.

CREATE TABLE conversations (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    contact TEXT NOT NULL,
    queue TEXT NOT NULL,
    -- Who answered it last; none when nobody did.
    agent TEXT,
    closed_at INTEGER NOT NULL,
    archived_at INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX conversations_by_close ON conversations (tenant, closed_at, id);
CREATE INDEX conversations_of_contact ON conversations (tenant, contact, closed_at, id);
CREATE INDEX conversations_of_queue ON conversations (tenant, queue, closed_at, id);
CREATE INDEX conversations_of_agent ON conversations (tenant, agent, closed_at, id);

CREATE TABLE messages (
    place INTEGER NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    conversation TEXT NOT NULL,
    seq INTEGER NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (tenant, conversation, seq),
    FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
) STRICT;

-- Its rowid is `messages.place`. Tokens are made by the archive (pairs of Chinese characters, whole
-- words of other scripts) and split at spaces only; no text is kept twice.
CREATE VIRTUAL TABLE message_search USING fts5 (
    tenant, tokens, content = '', contentless_delete = 1, tokenize = 'ascii'
);

-- One row for each time that a conversation waited for an agent: the base of the reports.
CREATE TABLE waits (
    tenant TEXT NOT NULL,
    conversation TEXT NOT NULL,
    arrived_at INTEGER NOT NULL,
    -- None: abandoned.
    accepted_at INTEGER,
    closed_at INTEGER NOT NULL,
    queue TEXT NOT NULL,
    agent TEXT,
    PRIMARY KEY (tenant, conversation, arrived_at),
    FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
) STRICT;
CREATE INDEX waits_by_arrival ON waits (tenant, arrived_at);

-- A rating may come before its conversation is in the archive.
CREATE TABLE ratings (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    conversation TEXT NOT NULL,
    grade INTEGER NOT NULL CHECK (grade BETWEEN 1 AND 5),
    comment TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant, conversation)
) STRICT;
CREATE INDEX ratings_by_age ON ratings (tenant, at, conversation);
