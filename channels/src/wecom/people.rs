//! Who a member is, as the directory tells (读取成员, document 90196; 获取部门, document 95351).

use super::api::Api;
use super::config::DirectoryId;
use super::said::{Failure, Meaning};
use crate::adapter::Profile;
use crate::error::AdapterError;
use domain::Locale;
use serde::Deserialize;

/// How many departments lie above one another at most; the network has 15.
const DEPTH_MAX: usize = 15;

#[derive(Deserialize)]
struct Member {
    #[serde(default)]
    userid: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    department: Vec<i64>,
    main_department: Option<i64>,
    #[serde(default)]
    avatar: String,
    #[serde(default)]
    biz_mail: String,
    #[serde(default)]
    mobile: String,
    #[serde(default)]
    extattr: Extra,
}

#[derive(Deserialize, Default)]
struct Extra {
    #[serde(default)]
    attrs: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    #[serde(default)]
    name: String,
    #[serde(default)]
    text: AttributeText,
}

#[derive(Deserialize, Default)]
struct AttributeText {
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
struct DepartmentAnswer {
    department: Department,
}

#[derive(Deserialize)]
struct Department {
    #[serde(default)]
    name: String,
    #[serde(default)]
    parentid: i64,
}

/// What the directory tells of a member; `None` when it does not know them, or does not tell us.
pub(super) async fn profile(
    api: &Api,
    directory_id: &DirectoryId,
    user: &str,
) -> Result<Option<Profile>, AdapterError> {
    let member: Member = match api.get("user/get", &[("userid", user)]).await {
        Ok(member) => member,
        // 60011: the app may not see this member.
        Err(Failure::Said(said)) if said.meaning() == Meaning::Gone || said.errcode == 60011 => {
            return Ok(None);
        }
        Err(failure) => return Err(failure.into()),
    };
    let main = member.main_department.or_else(|| member.department.first().copied());
    let departments = match main {
        Some(id) => departments(api, id).await?,
        None => Vec::new(),
    };
    Ok(Some(Profile {
        departments,
        directory_id: organisations_id(&member, directory_id),
        phone: e164(&member.mobile),
        email: Some(member.biz_mail).filter(|mail| mail.contains('@')),
        avatar_url: Some(member.avatar).filter(|url| url.starts_with("https://")),
        name: member.name,
        locale: Some(Locale::ZhCn),
    }))
}

/// A department and those above it, the widest first. The corporation itself, which is the root, is
/// left out. What the app may not see ends the row: it is no reason to know nothing.
async fn departments(api: &Api, id: i64) -> Result<Vec<String>, AdapterError> {
    const ROOT: i64 = 1;
    let (mut names, mut next) = (Vec::new(), id);
    while next > ROOT && names.len() < DEPTH_MAX {
        let id = next.to_string();
        match api.get::<DepartmentAnswer>("department/get", &[("id", &id)]).await {
            Ok(DepartmentAnswer { department }) => {
                names.push(department.name);
                next = department.parentid;
            }
            Err(Failure::Said(said)) if said.meaning() == Meaning::Refused => break,
            Err(failure) => return Err(failure.into()),
        }
    }
    names.retain(|name| !name.is_empty());
    names.reverse();
    Ok(names)
}

fn organisations_id(member: &Member, wanted: &DirectoryId) -> Option<String> {
    let found = match wanted {
        DirectoryId::Unknown => return None,
        DirectoryId::UserId => member.userid.clone(),
        DirectoryId::Attribute(name) => {
            let attribute = member.extattr.attrs.iter().find(|found| found.name == *name)?;
            attribute.text.value.trim().to_owned()
        }
    };
    Some(found).filter(|id| !id.is_empty())
}

/// A telephone number with its country: those of the mainland stand without.
fn e164(mobile: &str) -> Option<String> {
    let plain: String = mobile.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    match plain.strip_prefix('+') {
        Some(digits) if (7..=15).contains(&digits.len()) => Some(plain),
        None if plain.len() == 11 && plain.starts_with('1') => Some(format!("+86{plain}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_country() {
        assert_eq!(e164("13800001234").as_deref(), Some("+8613800001234"));
        assert_eq!(e164("+852 5123-4567").as_deref(), Some("+85251234567"));
        assert_eq!((e164(""), e164("1234"), e164("138****1234")), (None, None, None));
    }

    #[test]
    fn the_organisations_id_is_what_the_settings_say() {
        let member: Member = serde_json::from_str(
            r#"{"userid": "zhangsan", "extattr": {"attrs": [{"type": 0, "name": "工号", "text": {"value": " G0042 "}}]}}"#,
        )
        .expect("a member");
        let id = |wanted| organisations_id(&member, &wanted);
        assert_eq!(id(DirectoryId::Unknown), None);
        assert_eq!(id(DirectoryId::UserId).as_deref(), Some("zhangsan"));
        assert_eq!(id(DirectoryId::Attribute("工号".to_owned())).as_deref(), Some("G0042"));
        assert_eq!(id(DirectoryId::Attribute("编号".to_owned())), None);
    }
}
