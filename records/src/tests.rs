//! The archive as its callers see it: every promise on both engines, each test with a database of
//! its own.

mod audit;
mod callbacks;
mod contacts;
mod credentials;
mod devices;
mod engine;
mod files;
mod history;
mod isolation;
mod persons;
mod postgres;
mod quarantine;
mod ratings;
mod refused_numbers;
mod reports;
mod sample;
mod search;
mod settings;
mod store;
mod tenants;
