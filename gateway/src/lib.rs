//! The front desk: HTTP, sockets, sign-in, config, metrics. Wires the rooms together and holds no
//! state that may not be lost at any moment: truth about open work is in Redis, about closed work
//! and settings in the archive.
//!
//! Start reading at [`app::App`]: `build` constructs everything, `run` serves until stopped.

pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod doors;
pub mod embedded;
pub mod files;
pub mod hub;
pub mod metrics;
pub mod middleware;
pub mod pipeline;
pub mod settings;
pub mod shutdown;
pub mod socket;
pub mod tasks;
pub mod telemetry;

pub use app::{App, LinkState};
pub use config::Config;
