-- What proves that someone is an agent or an integration. Hashes only, never a password or token.

CREATE TABLE credentials (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    agent TEXT NOT NULL,
    -- None: the agent cannot sign in yet.
    password_hash TEXT,
    must_change INTEGER NOT NULL DEFAULT 0,
    -- Sign-ins from before this time are revoked; none: all count.
    sessions_valid_after INTEGER,
    failed_logins INTEGER NOT NULL DEFAULT 0,
    last_failed_at INTEGER,
    PRIMARY KEY (tenant, agent)
) STRICT;

CREATE TABLE refresh_families (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX refresh_families_of_agent ON refresh_families (tenant, agent);
CREATE INDEX refresh_families_by_expiry ON refresh_families (tenant, expires_at);

CREATE TABLE refresh_tokens (
    tenant TEXT NOT NULL,
    hash BLOB NOT NULL,
    family TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (tenant, hash),
    FOREIGN KEY (tenant, family) REFERENCES refresh_families (tenant, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX refresh_tokens_of_family ON refresh_tokens (tenant, family);

-- At most one code per tenant; a new one replaces it.
CREATE TABLE bootstrap_codes (
    tenant TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id),
    hash BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
    -- Unique over all tenants: a request shows the id first, and the tenant is found by it.
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    secret_hash BLOB NOT NULL,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE INDEX api_keys_of_tenant ON api_keys (tenant, created_at);
