//! Tries the settings at DingTalk, without writing to anybody.

use super::DingTalk;
use super::config::Mode;
use super::people::ROOT;
use crate::adapter::Finding;

impl DingTalk {
    /// Tries everything that can be tried without writing to anybody.
    pub(super) async fn look_over(&self) -> Vec<Finding> {
        if let Some(missing) = self.api.config.missing() {
            return vec![Finding::no("credentials", missing)];
        }
        let mut findings = Vec::new();
        match self.api.token(None).await {
            Ok(_) => findings.push(Finding::yes("credentials", "")),
            Err(refusal) => return vec![Finding::no("credentials", refusal.words())],
        }
        findings.push(match self.api.config.mode {
            Mode::Stream => match self.ticket().await {
                Ok(_) => Finding::yes("connection", ""),
                Err(refusal) => Finding::no("connection", refusal.words()),
            },
            Mode::Http => Finding::unknown(
                "callback",
                "机器人 → 消息接收模式 → HTTP 模式: set the message address to this channel's callback",
            ),
        });
        findings.push(match self.department(ROOT).await {
            Ok((name, _)) => Finding::yes("identity", name),
            Err(refusal) => {
                let words = refusal.words();
                Finding::no(
                    "permissions",
                    format!("通讯录只读权限 qyapi_get_department_list: {words}"),
                )
            }
        });
        let send =
            "企业内机器人发送消息权限 qyapi_robot_sendmsg is seen only when a message is sent";
        findings.push(Finding::unknown("permissions", send));
        findings
    }
}
