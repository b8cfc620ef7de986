//! Tracing: set up once for the process, and one helper that tells an error with its whole chain.

use crate::config::{LogConfig, LogFormat};
use std::error::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

/// The last word of every filter.
const SILENT: &str = "rsipstack=off";

/// Sets the process's subscriber; a second call does nothing, so tests may call it freely.
pub fn init(config: &LogConfig) {
    let filter = filter(&config.level);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let done = match config.format {
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
        LogFormat::Text => builder.finish().try_init(),
    };
    if done.is_err() {
        tracing::debug!("tracing was set up before");
    }
}

/// What is told. The SIP stack writes whole messages into its log, with the numbers of those who speak: it is
/// silent whatever the level says.
fn filter(level: &str) -> EnvFilter {
    let silent = format!("{level},{SILENT}");
    EnvFilter::try_new(silent).unwrap_or_else(|_bad| EnvFilter::new(format!("info,{SILENT}")))
}

/// An error and all its causes, in one line.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sip_stack_is_silent_whatever_the_level() {
        for level in ["info", "trace", "info,rsipstack=trace", "rsipstack=debug"] {
            let text = filter(level).to_string();
            assert!(text.contains(SILENT) && !text.contains("rsipstack=t"), "{text}");
            assert!(!text.contains("rsipstack=d"), "{text}");
        }
    }
}
