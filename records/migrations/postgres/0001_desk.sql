-- Tenants, their secrets, and the desk's settings.

CREATE TABLE tenants (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    -- Grows with each change of settings; gateways poll it.
    settings_version BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE secrets (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    name TEXT COLLATE "C" NOT NULL,
    secret BYTEA NOT NULL,
    PRIMARY KEY (tenant, name)
);

CREATE TABLE settings (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, kind, id)
);

-- Every version that a document has had, the present one included; no value means deleted.
CREATE TABLE settings_history (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    value TEXT COLLATE "C",
    changed_at BIGINT NOT NULL,
    changed_by TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, kind, id, version)
);
