//! A PostgreSQL of its own for each test: the same server that the tests of the records start.

#[path = "../../records/src/tests/postgres.rs"]
mod server;

/// A running server.
#[derive(Debug)]
pub struct PostgresServer(server::PostgresServer);

impl PostgresServer {
    /// Starts one.
    ///
    /// # Panics
    /// When PostgreSQL is not installed.
    pub fn start() -> Self {
        Self(server::PostgresServer::start())
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.0.url()
    }
}
