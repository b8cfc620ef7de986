//! The harness of the inspectors: real processes (Redis, `hutong`), faults between them, and people
//! (visitors, agents) who use only what is published: HTTP and WebSocket.
//!
//! Nothing here knows the rooms' insides. What goes wrong in a helper panics with what was awaited,
//! so that a test reads as the story that it tells.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a harness fails a test by panicking, and says why"
)]

pub mod agent;
pub mod answer;
pub mod api;
pub mod baresip;
pub mod binary;
pub mod bridge;
pub mod chaos;
pub mod cloud;
pub mod desk;
pub mod dice;
pub mod eventually;
pub mod exchange;
pub mod gateway;
pub mod history;
pub mod house;
pub mod http_server;
pub mod kamailio;
pub mod mail_server;
pub mod mta;
pub mod name_server;
pub mod networks;
pub mod openapi;
pub mod pace;
pub mod peer;
pub mod peers;
pub mod port;
pub mod postgres;
pub mod process;
pub mod prosody;
pub mod proxy;
pub mod redis_group;
pub mod redis_server;
pub mod sipp;
pub mod socket;
pub mod synapse;
pub mod token;
pub mod transcript;
pub mod visitor;
pub mod watched;
pub mod webhook;

pub use agent::{Offer, TestAgent};
pub use answer::Answer;
pub use api::Api;
pub use desk::DeskFile;
pub use dice::Dice;
pub use eventually::eventually;
pub use gateway::GatewayProcess;
pub use history::{History, Outcome};
pub use house::House;
pub use proxy::ChaosProxy;
pub use redis_server::RedisServer;
pub use visitor::{Acked, TestVisitor};
pub use webhook::WebhookSink;
