//! Tries the settings at Feishu, without writing to anybody.

use super::Feishu;
use super::config::Mode;
use crate::adapter::Finding;
use crate::refusal::Refusal;

impl Feishu {
    /// Tries everything that can be tried without writing to anybody.
    pub(super) async fn look_over(&self) -> Vec<Finding> {
        let config = &self.api.config;
        if let Some(missing) = config.missing() {
            return vec![Finding::no("credentials", missing)];
        }
        let mut findings = Vec::new();
        match self.api.token(None).await {
            Ok(_) => findings.push(Finding::yes("credentials", "")),
            Err(refusal) => return vec![Finding::no("credentials", refusal.words())],
        }
        findings.push(match self.api.ours().await {
            Ok(_) => Finding::yes("identity", ""),
            Err(refusal) => {
                let words = refusal.words();
                Finding::no(
                    "identity",
                    format!("应用能力 → 机器人 (the app needs a robot): {words}"),
                )
            }
        });
        findings.push(match (config.mode, self.line_or_keys().await) {
            (Mode::LongConnection, Ok(())) => Finding::yes("connection", ""),
            (Mode::LongConnection, Err(why)) => Finding::no("connection", why),
            (Mode::Http, Ok(())) => {
                let what =
                    "事件与回调 → 将事件发送至开发者服务器: set this channel's callback address";
                Finding::unknown("callback", what)
            }
            (Mode::Http, Err(why)) => Finding::no("callback", why),
        });
        findings.push(match self.department("0").await {
            Ok(_) => Finding::yes("permissions", ""),
            Err(refusal) => Finding::no("permissions", refusal.words()),
        });
        findings
    }

    async fn line_or_keys(&self) -> Result<(), String> {
        let config = &self.api.config;
        match config.mode {
            Mode::LongConnection => self.address().await.map(|_| ()).map_err(Refusal::words),
            Mode::Http if config.verification_token.is_empty() => {
                Err("verification_token (Verification Token) is not set".to_owned())
            }
            Mode::Http => Ok(()),
        }
    }
}
