-- Apps on people's devices, and what their people want to be told of. A device belongs to whoever signed
-- in on it last, and a token to whoever registered it last.

CREATE TABLE devices (
    tenant TEXT NOT NULL,
    channel TEXT NOT NULL,
    -- The name that the app gave itself.
    device TEXT NOT NULL,
    contact TEXT NOT NULL,
    provider TEXT NOT NULL,
    token TEXT NOT NULL,
    -- The token's SHA-256: tokens are too long for an index.
    token_key BLOB NOT NULL,
    locale TEXT NOT NULL,
    app_version TEXT NOT NULL,
    model TEXT NOT NULL,
    registered_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, channel, device),
    UNIQUE (tenant, channel, provider, token_key),
    FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, id)
) STRICT;
CREATE INDEX devices_by_contact ON devices (tenant, contact);
CREATE INDEX devices_by_seen ON devices (tenant, seen_at);

CREATE TABLE notification_wishes (
    tenant TEXT NOT NULL,
    contact TEXT NOT NULL,
    -- A JSON object.
    wishes TEXT NOT NULL,
    PRIMARY KEY (tenant, contact),
    FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, id)
) STRICT;
