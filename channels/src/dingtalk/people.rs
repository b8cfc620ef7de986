//! Who somebody is, by the organisation's directory.
//!
//! Source: open.dingtalk.com, 查询用户详情, 获取部门详情.

use super::DingTalk;
use crate::adapter::Profile;
use crate::refusal::{Refusal, text};
use domain::Locale;
use serde_json::{Value, json};

/// The most departments of a person that are told.
const DEPARTMENTS_MAX: usize = 8;
/// The deepest directory that is climbed.
const DEPTH_MAX: usize = 10;
/// The root of every directory.
pub(super) const ROOT: i64 = 1;

impl DingTalk {
    pub(super) async fn person(&self, user: &str) -> Result<Option<Profile>, Refusal> {
        // A disguised id is in no directory.
        if user.starts_with("$:") {
            return Ok(None);
        }
        let body = json!({ "userid": user, "language": "zh_CN" });
        let said = match self.api.post_old("/topapi/v2/user/get", &body).await {
            Ok(said) => said,
            Err(Refusal::Unknown(_)) => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let nothing = Value::Null;
        let found = said.get("result").unwrap_or(&nothing);
        let some = |key: &str| Some(text(found, key).to_owned()).filter(|text| !text.is_empty());
        let state = text(found, "state_code");
        let state = if state.is_empty() { "86" } else { state };
        Ok(Some(Profile {
            name: text(found, "name").to_owned(),
            departments: self.departments(found).await,
            avatar_url: some("avatar"),
            // The organisation's own mailbox; a private one is what the person typed.
            email: some("org_email"),
            phone: some("mobile").map(|number| phone(state, &number)),
            directory_id: some("job_number").or_else(|| some("userid")),
            locale: Some(Locale::ZhCn),
        }))
    }

    /// The names of a person's departments, the widest first. What cannot be asked is left out: a name
    /// without a department is better than none.
    async fn departments(&self, found: &Value) -> Vec<String> {
        let mut names = Vec::new();
        let ids = found.get("dept_id_list").and_then(Value::as_array).into_iter().flatten();
        for id in ids.filter_map(Value::as_i64).take(DEPARTMENTS_MAX) {
            let mut path = Vec::new();
            let mut next = Some(id);
            while let Some(id) = next.filter(|id| *id != ROOT && path.len() < DEPTH_MAX) {
                let (name, parent) = match self.department(id).await {
                    Ok(department) => department,
                    Err(refusal) => {
                        tracing::debug!(refusal = ?refusal, "a department is not told");
                        break;
                    }
                };
                path.push(name);
                next = parent;
            }
            let new = path.into_iter().rev().filter(|name| !name.is_empty());
            for name in new {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    pub(super) async fn department(&self, id: i64) -> Result<(String, Option<i64>), Refusal> {
        let body = json!({ "dept_id": id, "language": "zh_CN" });
        let said = self.api.post_old("/topapi/v2/department/get", &body).await?;
        let nothing = Value::Null;
        let found = said.get("result").unwrap_or(&nothing);
        Ok((text(found, "name").to_owned(), found.get("parent_id").and_then(Value::as_i64)))
    }
}

/// A number in E.164 form; DingTalk gives the country apart.
fn phone(country: &str, number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if number.starts_with('+') { format!("+{digits}") } else { format!("+{country}{digits}") }
}
