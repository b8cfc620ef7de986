-- Telephone numbers that the desk does not call, because somebody asked for it.

CREATE TABLE refused_numbers (
    tenant TEXT COLLATE "C" NOT NULL,
    -- In E.164 form.
    number TEXT COLLATE "C" NOT NULL,
    -- What it is called where the number is not shown.
    id TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    asked_by TEXT COLLATE "C" NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (tenant, number),
    UNIQUE (tenant, id)
);
