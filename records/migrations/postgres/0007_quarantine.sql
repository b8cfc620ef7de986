-- Letters that were taken in and could not go on: each with its bytes (a file) and the reason.

CREATE TABLE quarantine (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    -- The file that holds every byte, and the row's own name.
    original TEXT COLLATE "C" NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    -- Where it lay at the far end, for people.
    place TEXT COLLATE "C" NOT NULL,
    -- What the delivering server said around it, as JSON.
    envelope TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (tenant, original)
);
CREATE INDEX quarantine_by_time ON quarantine (tenant, received_at, original);
