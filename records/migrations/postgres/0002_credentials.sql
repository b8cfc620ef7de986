-- What proves that someone is an agent or an integration. Hashes only, never a password or token.

CREATE TABLE credentials (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    agent TEXT COLLATE "C" NOT NULL,
    -- None: the agent cannot sign in yet.
    password_hash TEXT COLLATE "C",
    must_change BOOLEAN NOT NULL DEFAULT FALSE,
    -- Sign-ins from before this time are revoked; none: all count.
    sessions_valid_after BIGINT,
    failed_logins BIGINT NOT NULL DEFAULT 0,
    last_failed_at BIGINT,
    PRIMARY KEY (tenant, agent)
);

CREATE TABLE refresh_families (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX refresh_families_of_agent ON refresh_families (tenant, agent);
CREATE INDEX refresh_families_by_expiry ON refresh_families (tenant, expires_at);

CREATE TABLE refresh_tokens (
    tenant TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL,
    family TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant, hash),
    FOREIGN KEY (tenant, family) REFERENCES refresh_families (tenant, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_of_family ON refresh_tokens (tenant, family);

-- At most one code per tenant; a new one replaces it.
CREATE TABLE bootstrap_codes (
    tenant TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES tenants (id),
    hash BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
    -- Unique over all tenants: a request shows the id first, and the tenant is found by it.
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    secret_hash BYTEA NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_keys_of_tenant ON api_keys (tenant, created_at);
