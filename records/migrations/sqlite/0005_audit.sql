-- The audit trail: each row's hash covers its content and the hash of the row before.

CREATE TABLE audit (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    details TEXT NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (tenant, n)
) STRICT;
CREATE INDEX audit_of_object ON audit (tenant, object, n);

-- Where each tenant's trail ends, so that rows cut off its end are missed too.
CREATE TABLE audit_heads (
    tenant TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id),
    n INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- How far each reader of the tenant's stream has come.
CREATE TABLE audit_readers (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    cursor TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT;

CREATE TRIGGER audit_is_never_updated BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is only ever appended to');
END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is only ever appended to');
END;
