//! An archive of its own for each test, and the macro that runs a test on both engines.

use crate::tests::postgres::PostgresServer;
use crate::{Records, RecordsConfig};
use domain::{TenantId, Timestamp};
use std::ops::Deref;
use tempfile::TempDir;

/// An open archive and the place in which it lies.
pub(crate) struct TestRecords {
    pub(crate) records: Records,
    pub(crate) config: RecordsConfig,
    // Dropped after the connections above.
    _place: Place,
}

#[expect(dead_code, reason = "kept for what dropping them does")]
enum Place {
    Folder(TempDir),
    Server(PostgresServer),
}

impl TestRecords {
    pub(crate) async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("records.db").display());
        Self::open(url, Place::Folder(folder)).await
    }

    pub(crate) async fn postgres() -> Self {
        let server = PostgresServer::start();
        Self::open(server.url(), Place::Server(server)).await
    }

    async fn open(url: String, place: Place) -> Self {
        let config = RecordsConfig { url };
        let records = Records::open(&config).await.unwrap();
        Self { records, config, _place: place }
    }

    /// A tenant that exists.
    pub(crate) async fn tenant(&self, name: &str) -> TenantId {
        let tenant: TenantId = name.parse().unwrap();
        self.tenants().create(&tenant, name, Timestamp(1)).await.unwrap();
        tenant
    }

    /// Runs SQL behind the archive's back, as someone with the database in hand would.
    pub(crate) async fn tamper(&self, script: &'static str) -> sqlx::Result<()> {
        use sqlx::{
            ConnectOptions, Connection, postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
        };
        let url = &self.config.url;
        if url.starts_with("postgres") {
            let options: PgConnectOptions = url.parse()?;
            let mut connection = options.connect().await?;
            let done = sqlx::raw_sql(script).execute(&mut connection).await.map(drop);
            connection.close().await?;
            done
        } else {
            let options: SqliteConnectOptions = url.parse()?;
            let mut connection = options.connect().await?;
            let done = sqlx::raw_sql(script).execute(&mut connection).await.map(drop);
            connection.close().await?;
            done
        }
    }
}

impl Deref for TestRecords {
    type Target = Records;
    fn deref(&self) -> &Records {
        &self.records
    }
}

/// Declares tests that run on SQLite and on PostgreSQL: `name::sqlite` and `name::postgres`.
macro_rules! on_both_engines {
    ($(async fn $name:ident($records:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn check($records: &crate::tests::engine::TestRecords) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn sqlite() {
                check(&crate::tests::engine::TestRecords::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn postgres() {
                check(&crate::tests::engine::TestRecords::postgres().await).await;
            }
        }
    )+};
}
pub(crate) use on_both_engines;
