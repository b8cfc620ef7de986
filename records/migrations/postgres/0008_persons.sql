-- What is proved of contacts beyond their address on a channel, and the contacts of whom it is proved
-- that they are one person. (`contacts.merged_into` stays unused: nothing of a contact ever moves.)

CREATE TABLE evidence (
    tenant TEXT COLLATE "C" NOT NULL,
    contact TEXT COLLATE "C" NOT NULL,
    -- `directory_id`, `email` or `phone`.
    kind TEXT COLLATE "C" NOT NULL,
    -- In which directory an id stands; empty for what is the same everywhere.
    scope TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    -- When the network last told it.
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, contact, kind, scope),
    FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, id)
);
CREATE INDEX evidence_by_value ON evidence (tenant, kind, scope, value);

CREATE TABLE person_links (
    tenant TEXT COLLATE "C" NOT NULL,
    -- The two contacts, the lesser id first.
    one TEXT COLLATE "C" NOT NULL,
    other TEXT COLLATE "C" NOT NULL,
    -- The kind of evidence that both have.
    kind TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    -- When and by whom the two were told apart; such a pair never becomes one person by itself again.
    separated_at BIGINT,
    separated_by TEXT COLLATE "C",
    PRIMARY KEY (tenant, one, other),
    FOREIGN KEY (tenant, one) REFERENCES contacts (tenant, id),
    FOREIGN KEY (tenant, other) REFERENCES contacts (tenant, id)
);
CREATE INDEX person_links_by_other ON person_links (tenant, other);

-- A mail address that was proved is evidence by itself.
CREATE INDEX identities_proved_email ON identities (tenant, lower(value)) WHERE kind = 'email';
