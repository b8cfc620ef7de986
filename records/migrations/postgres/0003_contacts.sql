-- The people who ask, and the addresses by which channels know them.

CREATE TABLE contacts (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    -- The name in lower case, for search.
    name_folded TEXT COLLATE "C" NOT NULL,
    audience TEXT COLLATE "C" NOT NULL,
    locale TEXT COLLATE "C" NOT NULL,
    attributes TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    -- A merged contact points at the one that took its place and keeps its id, so that old
    -- conversations still find the person; an erased one keeps its row without personal data.
    merged_into TEXT COLLATE "C",
    erased_at BIGINT,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, merged_into) REFERENCES contacts (tenant, id)
);
CREATE INDEX contacts_by_age ON contacts (tenant, created_at, id);

-- An address that was proved and the same address merely claimed are two identities: a claim never
-- reaches the contact of the one who proved it, and a proof never inherits what a claimant did.
CREATE TABLE identities (
    tenant TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    verified BOOLEAN NOT NULL,
    contact TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, channel, kind, value, verified),
    FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, id)
);
CREATE INDEX identities_of_contact ON identities (tenant, contact);

-- What is known of uploads; the bytes lie elsewhere.
CREATE TABLE files (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    -- `contact` or `agent`, and which.
    uploader_type TEXT COLLATE "C" NOT NULL,
    uploader TEXT COLLATE "C" NOT NULL,
    -- Set when a message carries it; perhaps long before the conversation is in the archive.
    conversation TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX files_unattached ON files (tenant, created_at) WHERE conversation IS NULL;
CREATE INDEX files_of_conversation ON files (tenant, conversation);
