-- The audit trail: each row's hash covers its content and the hash of the row before.

CREATE TABLE audit (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    details TEXT COLLATE "C" NOT NULL,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (tenant, n)
);
CREATE INDEX audit_of_object ON audit (tenant, object, n);

-- Where each tenant's trail ends, so that rows cut off its end are missed too.
CREATE TABLE audit_heads (
    tenant TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES tenants (id),
    n BIGINT NOT NULL,
    hash BYTEA NOT NULL
);

-- How far each reader of the tenant's stream has come.
CREATE TABLE audit_readers (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    name TEXT COLLATE "C" NOT NULL,
    cursor TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, name)
);

CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only ever appended to';
END
$$;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION audit_refuses();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses();
