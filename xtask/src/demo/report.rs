//! What the demo tells when it is ready: addresses and log-ins, for a person or for a program.

use super::Plan;
use super::log_ins::LogIn;
use crate::say;
use anyhow::Result;
use serde::Serialize;
use std::path::PathBuf;

/// Addresses and log-ins.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The sample website with the widget.
    site: String,
    /// The sample app, which a browser may install.
    app: String,
    /// The agent desk.
    desk: String,
    /// The widget's one script.
    widget_loader: String,
    /// The API.
    api: String,
    /// The API's pages.
    docs: String,
    /// Where everything is kept.
    data: PathBuf,
    /// Who can sign in.
    log_ins: Vec<LogIn>,
}

impl Report {
    /// The report of a running demo.
    pub(super) fn new(plan: &Plan, log_ins: Vec<LogIn>) -> Self {
        let base = format!("http://127.0.0.1:{}", plan.port);
        Self {
            site: format!("{base}/demo/"),
            app: format!("{base}/app/"),
            desk: format!("{base}/desk/"),
            widget_loader: format!("{base}/widget/loader.js"),
            api: format!("{base}/v1"),
            docs: format!("{base}/docs"),
            data: plan.data.clone(),
            log_ins,
        }
    }

    /// One JSON object on one line.
    pub(super) fn json(&self) -> Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// A table for a person.
    pub(super) fn print(&self, with_traffic: bool) {
        say::result("");
        say::result("  Hutong 互通 is ready.");
        say::result("");
        let places = [
            ("Sample website 网站", &self.site),
            ("Sample app 应用", &self.app),
            ("Agent desk 坐席台", &self.desk),
            ("API", &self.docs),
        ];
        let rows: Vec<Vec<String>> =
            places.iter().map(|(what, url)| vec![format!("  {what}"), (*url).clone()]).collect();
        say::table(&rows).iter().for_each(|row| say::result(row));
        say::result("");
        say::table(&self.log_in_rows()).iter().for_each(|row| say::result(row));
        say::result("");
        say::result(
            "  Sign in to the desk as one of these and press Ready; then ask something on the website or in the app.",
        );
        if with_traffic {
            say::result("  Simulated visitors will come in one by one.");
        } else {
            say::result("  With --traffic, simulated visitors come in.");
        }
        say::result(&format!("  Everything is kept in {}. Ctrl+C stops it.", self.data.display()));
        say::result("");
    }

    fn log_in_rows(&self) -> Vec<Vec<String>> {
        let head = ["  log-in", "password", "name", "role", "skills"].map(str::to_owned).to_vec();
        let rows = self.log_ins.iter().map(|log_in| {
            let skills: Vec<String> =
                log_in.skills.iter().map(|(skill, level)| format!("{skill} {level}")).collect();
            vec![
                format!("  {}", log_in.agent),
                log_in.password.clone(),
                log_in.name.clone(),
                log_in.role.clone(),
                skills.join(", "),
            ]
        });
        std::iter::once(head).chain(rows).collect()
    }
}
