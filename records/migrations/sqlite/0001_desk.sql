-- Tenants, their secrets, and the desk's settings.

CREATE TABLE tenants (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Grows with each change of settings; gateways poll it.
    settings_version INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE secrets (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    secret BLOB NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT;

CREATE TABLE settings (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, id)
) STRICT;

-- Every version that a document has had, the present one included; no value means deleted.
CREATE TABLE settings_history (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    value TEXT,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, id, version)
) STRICT;
