-- Telephone numbers that the desk does not call, because somebody asked for it.

CREATE TABLE refused_numbers (
    tenant TEXT NOT NULL,
    -- In E.164 form.
    number TEXT NOT NULL,
    -- What it is called where the number is not shown.
    id TEXT NOT NULL,
    since INTEGER NOT NULL,
    asked_by TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (tenant, number),
    UNIQUE (tenant, id)
) STRICT;
