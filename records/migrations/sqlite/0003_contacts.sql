-- The people who ask, and the addresses by which channels know them.

CREATE TABLE contacts (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The name in lower case, for search.
    name_folded TEXT NOT NULL,
    audience TEXT NOT NULL,
    locale TEXT NOT NULL,
    attributes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- A merged contact points at the one that took its place and keeps its id, so that old
    -- conversations still find the person; an erased one keeps its row without personal data.
    merged_into TEXT,
    erased_at INTEGER,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, merged_into) REFERENCES contacts (tenant, id)
) STRICT;
CREATE INDEX contacts_by_age ON contacts (tenant, created_at, id);

-- An address that was proved and the same address merely claimed are two identities: a claim never
-- reaches the contact of the one who proved it, and a proof never inherits what a claimant did.
CREATE TABLE identities (
    tenant TEXT NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    verified INTEGER NOT NULL,
    contact TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, channel, kind, value, verified),
    FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, id)
) STRICT;
CREATE INDEX identities_of_contact ON identities (tenant, contact);

-- What is known of uploads; the bytes lie elsewhere.
CREATE TABLE files (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    -- `contact` or `agent`, and which.
    uploader_type TEXT NOT NULL,
    uploader TEXT NOT NULL,
    -- Set when a message carries it; perhaps long before the conversation is in the archive.
    conversation TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX files_unattached ON files (tenant, created_at) WHERE conversation IS NULL;
CREATE INDEX files_of_conversation ON files (tenant, conversation);
