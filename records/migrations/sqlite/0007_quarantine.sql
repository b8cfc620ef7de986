-- Letters that were taken in and could not go on: each with its bytes (a file) and the reason.

CREATE TABLE quarantine (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    -- The file that holds every byte, and the row's own name.
    original TEXT NOT NULL,
    channel TEXT NOT NULL,
    -- Where it lay at the far end, for people.
    place TEXT NOT NULL,
    -- What the delivering server said around it, as JSON.
    envelope TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (tenant, original)
) STRICT;
CREATE INDEX quarantine_by_time ON quarantine (tenant, received_at, original);
