-- Each gateway asks every second which families ended lately.

CREATE INDEX refresh_families_by_revocation ON refresh_families (tenant, revoked_at)
WHERE revoked_at IS NOT NULL;
