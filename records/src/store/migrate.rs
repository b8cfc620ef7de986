//! Numbered migrations, embedded, the same names for both engines.
//!
//! All missing ones run in one transaction under one lock, so several gateways may start at once and
//! a failure leaves the database as it was. A migration that was released is never edited: its
//! SHA-256 is kept, and a database whose migrations differ from the binary's is refused, as is one
//! that a later release has migrated.

use super::Engine;
use super::database::{Database, Transaction};
use super::statement::sql;
use crate::error::{RecordsError, Result};
use sha2::{Digest, Sha256};

/// One step of the schema.
struct Migration {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migration {
    ($number:literal, $name:literal) => {
        Migration {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }
    };
}

/// Every migration, in order.
const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_desk"),
    migration!(2, "0002_credentials"),
    migration!(3, "0003_contacts"),
    migration!(4, "0004_history"),
    migration!(5, "0005_audit"),
    migration!(6, "0006_revoked_families"),
    migration!(7, "0007_quarantine"),
    migration!(8, "0008_persons"),
    migration!(9, "0009_devices"),
    migration!(10, "0010_refused_numbers"),
    migration!(11, "0011_callbacks"),
];

impl Migration {
    fn script(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

/// Brings the database to the last migration.
pub(super) async fn migrate(database: &Database) -> Result<()> {
    let mut tx = database.begin().await?;
    if tx.engine() == Engine::Postgres {
        // A large table, or another gateway that migrates one, may take its time.
        tx.write(sql("SET LOCAL statement_timeout = 0")).await?;
    }
    tx.lock("migrations", "all").await?;
    tx.write(sql(match tx.engine() {
        Engine::Sqlite => {
            "CREATE TABLE IF NOT EXISTS migrations \
             (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 BLOB NOT NULL) STRICT"
        }
        Engine::Postgres => {
            "CREATE TABLE IF NOT EXISTS migrations \
             (number BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 BYTEA NOT NULL)"
        }
    }))
    .await?;
    let done = check_done(&mut tx).await?;
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > done) {
        apply(&mut tx, migration).await?;
    }
    tx.commit().await
}

/// The number of the last migration that the database has.
async fn check_done(tx: &mut Transaction) -> Result<i64> {
    let rows = tx.all(sql("SELECT number, sha256 FROM migrations ORDER BY number")).await?;
    let known = MIGRATIONS.last().map_or(0, |migration| migration.number);
    let mut done = 0;
    for row in rows {
        done = row.get("number")?;
        match MIGRATIONS.iter().find(|migration| migration.number == done) {
            None => return Err(RecordsError::Newer { found: done, known }),
            Some(migration) => {
                if row.hash("sha256")? != hash(migration.script(tx.engine())) {
                    return Err(RecordsError::MigrationDiffers { number: done });
                }
            }
        }
    }
    Ok(done)
}

async fn apply(tx: &mut Transaction, migration: &Migration) -> Result<()> {
    let Migration { number, name, .. } = *migration;
    let script = migration.script(tx.engine());
    tx.run_script(script).await.map_err(|source| RecordsError::Migration {
        number,
        name,
        source,
    })?;
    let record = sql("INSERT INTO migrations (number, name, sha256) VALUES ($1, $2, $3)");
    tx.write(record.bind(number).bind(name).bind(&hash(script))).await?;
    tracing::info!(number, name, engine = tx.engine().name(), "migrated the records");
    Ok(())
}

fn hash(script: &str) -> [u8; 32] {
    Sha256::digest(script.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_a_gap_and_named_by_number() {
        for (place, migration) in (1..).zip(MIGRATIONS) {
            assert_eq!(migration.number, place);
            assert!(migration.name.starts_with(&format!("{place:04}_")), "{}", migration.name);
        }
    }
}
