//! Who somebody is, by the organisation's directory, and who we are.
//!
//! Source: open.feishu.cn, 获取单个用户信息, 获取单个部门信息, 获取机器人信息.

use super::Feishu;
use super::api::Api;
use crate::adapter::Profile;
use crate::refusal::{Refusal, text};
use reqwest::Method;
use serde_json::Value;

/// The most departments of a person that are told.
const DEPARTMENTS_MAX: usize = 8;
/// The deepest directory that is climbed.
const DEPTH_MAX: usize = 10;
/// How long we know who we are, in milliseconds.
const OURS_MS: u64 = 24 * 3_600_000;
/// Where that lies on the shelf.
const OURS: &str = "robot";
/// No such user, or one whom the app may not see.
const NO_USER: [i64; 4] = [41_012, 41_050, 40_004, 40_013];

impl Api {
    /// The robot's own id.
    pub(super) async fn ours(&self) -> Result<String, Refusal> {
        if let Ok(Some(known)) = self.means.shelf.find(OURS).await {
            return Ok(known);
        }
        let url = self.url(&["open-apis", "bot", "v3", "info"], &[])?;
        let build = |token: &crate::secret::Secret| {
            let request = self.means.http.request(Method::GET, &url)?;
            Ok(request.timeout(super::api::CALL_WITHIN).bearer_auth(token.reveal()))
        };
        let said = self.authorised(build).await?;
        let id = said.pointer("/bot/open_id").and_then(Value::as_str).unwrap_or_default();
        if id.is_empty() {
            return Err(Refusal::Away("Feishu does not say who the robot is".to_owned()));
        }
        if let Err(error) = self.means.shelf.put(OURS, id, OURS_MS).await {
            tracing::debug!(error = %error, "who the robot is must be asked again");
        }
        Ok(id.to_owned())
    }
}

impl Feishu {
    pub(super) async fn person(&self, user: &str) -> Result<Option<Profile>, Refusal> {
        let kind = if user.starts_with("on_") { "union_id" } else { "open_id" };
        let query = [("user_id_type", kind), ("department_id_type", "open_department_id")];
        let url = self.api.url(&["open-apis", "contact", "v3", "users", user], &query)?;
        let said = match self.api.call(Method::GET, &url, None).await {
            Ok(said) => said,
            Err(Refusal::Refused(code, _)) if NO_USER.contains(&code) => return Ok(None),
            Err(Refusal::Unknown(_)) => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let nothing = Value::Null;
        let found = said.get("user").unwrap_or(&nothing);
        let some = |key: &str| Some(text(found, key).to_owned()).filter(|text| !text.is_empty());
        let avatar = found.pointer("/avatar/avatar_240").and_then(Value::as_str);
        Ok(Some(Profile {
            name: some("name").or_else(|| some("nickname")).unwrap_or_default(),
            departments: self.departments(found).await,
            avatar_url: avatar.map(str::to_owned),
            // The other address (`email`) is whatever somebody typed.
            email: some("enterprise_email"),
            phone: some("mobile").filter(|number| number.starts_with('+')),
            directory_id: some("employee_no").or_else(|| some("user_id")),
            locale: Some(self.api.config.locale()),
        }))
    }

    /// The names of a person's departments, the widest first. What cannot be asked is left out: a name
    /// without a department is better than none.
    async fn departments(&self, found: &Value) -> Vec<String> {
        let mut names = Vec::new();
        let ids = found.get("department_ids").and_then(Value::as_array).into_iter().flatten();
        for id in ids.filter_map(Value::as_str).take(DEPARTMENTS_MAX) {
            let mut path = Vec::new();
            let mut next = id.to_owned();
            // The root is `0`.
            while next != "0" && !next.is_empty() && path.len() < DEPTH_MAX {
                let (name, parent) = match self.department(&next).await {
                    Ok(department) => department,
                    Err(refusal) => {
                        tracing::debug!(refusal = ?refusal, "a department is not told");
                        break;
                    }
                };
                path.push(name);
                next = parent;
            }
            for name in path.into_iter().rev().filter(|name| !name.is_empty()) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    pub(super) async fn department(&self, id: &str) -> Result<(String, String), Refusal> {
        let query = [("department_id_type", "open_department_id")];
        let url = self.api.url(&["open-apis", "contact", "v3", "departments", id], &query)?;
        let said = self.api.call(Method::GET, &url, None).await?;
        let nothing = Value::Null;
        let found = said.get("department").unwrap_or(&nothing);
        Ok((text(found, "name").to_owned(), text(found, "parent_department_id").to_owned()))
    }
}
