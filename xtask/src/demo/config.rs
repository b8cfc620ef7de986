//! The config that the demo writes, and the port that it listens on.

use crate::{web, workspace};
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

const PORT: u16 = 8080;
/// So many ports after the usual one are tried when nobody asked for one.
const PORTS_TRIED: u16 = 20;

/// The config's place in the data folder.
pub(crate) fn file(data: &Path) -> PathBuf {
    data.join("hutong.toml")
}

/// Writes the config of this start.
pub(crate) fn write(data: &Path, port: u16) -> Result<PathBuf> {
    let file = file(data);
    std::fs::write(&file, text(data, port)?)
        .with_context(|| format!("write {}", file.display()))?;
    Ok(file)
}

fn text(data: &Path, port: u16) -> Result<String> {
    let mut text = String::from("# Written anew by `cargo xtask demo` at each start.\n\n");
    writeln!(text, "data_dir = {}\n", quoted(&data.to_string_lossy()))?;
    writeln!(text, "[server]\nlisten = {}", quoted(&format!("127.0.0.1:{port}")))?;
    writeln!(text, "public_url = {}", quoted(&format!("http://127.0.0.1:{port}")))?;
    writeln!(text, "allowed_origins = [{}]\n", quoted(&format!("http://localhost:{port}")))?;
    // Everybody in the demo comes from one address: a person, all tabs, the simulated visitors.
    writeln!(text, "[limits]\nlogins_per_minute_address = 120\nsessions_per_minute = 120")?;
    writeln!(text, "connects_per_minute = 600\nconversations_per_minute = 120\n")?;
    // The demo's telephones are a page on this machine.
    writeln!(text, "[doors]\nallow_http = true\nallow_inner = [\"127.0.0.1/32\"]\n")?;
    writeln!(text, "[web]\nroot = {}\ndemo = true", quoted(&web::folder().to_string_lossy()))?;
    Ok(text)
}

/// A TOML text: what JSON writes between quotes is read alike by both.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The port to listen on: the one asked for, or the first free one from the usual one on.
pub(crate) fn choose_port(wanted: Option<u16>) -> Result<u16> {
    match wanted {
        Some(port) => free(port).with_context(|| {
            format!("port {port} is taken: choose another with --port, or none to have a free one picked")
        }),
        None => match (PORT..PORT + PORTS_TRIED).find_map(|port| free(port).ok()) {
            Some(port) => Ok(port),
            None => bail!("no port from {PORT} to {} is free: name one with --port", PORT + PORTS_TRIED - 1),
        },
    }
}

fn free(port: u16) -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", port))?.local_addr()?.port())
}

/// The desk that is loaded.
pub(crate) fn desk_file() -> PathBuf {
    workspace::root().join("config/demo-desk.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_is_toml_also_for_strange_folders() {
        let text = text(Path::new("/a \"b\"/数据"), 8099).unwrap();
        let parsed: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(parsed["server"]["listen"].as_str(), Some("127.0.0.1:8099"));
        assert_eq!(parsed["data_dir"].as_str(), Some("/a \"b\"/数据"));
    }

    #[test]
    fn a_taken_port_is_refused_when_asked_for() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(choose_port(Some(port)).is_err());
        assert_ne!(choose_port(Some(0)).unwrap(), port);
    }
}
