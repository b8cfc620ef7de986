//! Who writes, and to which accounts (获取客户基础信息, document 95159; 获取客服账号列表, 94662).

use super::super::api::Api;
use super::super::said::{Failure, Meaning};
use crate::adapter::Profile;
use crate::error::AdapterError;
use domain::Locale;
use serde::Deserialize;
use serde_json::json;

/// The most accounts asked for at once.
const PAGE: usize = 100;
/// The most pages that are asked for: a corporation has at most 5000 accounts.
const PAGES_MAX: usize = 50;

#[derive(Deserialize)]
struct Customers {
    #[serde(default)]
    customer_list: Vec<Customer>,
}

#[derive(Deserialize)]
struct Customer {
    #[serde(default)]
    nickname: String,
    #[serde(default)]
    avatar: String,
}

#[derive(Deserialize)]
struct Accounts {
    #[serde(default)]
    account_list: Vec<Account>,
}

#[derive(Deserialize)]
struct Account {
    open_kfid: String,
    #[serde(default)]
    name: String,
}

/// What WeChat tells of a customer who wrote within the last 48 hours: the name that they gave
/// themselves, and a picture. Nothing of it is verified.
pub(super) async fn profile(api: &Api, user: &str) -> Result<Option<Profile>, AdapterError> {
    let asked = json!({ "external_userid_list": [user], "need_enter_session_context": 0 });
    let found: Customers = match api.post("kf/customer/batchget", &asked).await {
        Ok(found) => found,
        Err(Failure::Said(said)) if said.meaning() == Meaning::Gone => return Ok(None),
        Err(failure) => return Err(failure.into()),
    };
    Ok(found.customer_list.into_iter().next().map(|customer| Profile {
        name: customer.nickname,
        avatar_url: Some(customer.avatar).filter(|url| url.starts_with("http")),
        locale: Some(Locale::ZhCn),
        ..Profile::default()
    }))
}

/// The accounts that the app may use, with their names.
pub(super) async fn accounts(api: &Api) -> Result<Vec<(String, String)>, Failure> {
    let mut known = Vec::new();
    for page in 0..PAGES_MAX {
        let asked = json!({ "offset": page * PAGE, "limit": PAGE });
        let found: Accounts = api.post("kf/account/list", &asked).await?;
        let count = found.account_list.len();
        known.extend(found.account_list.into_iter().map(|found| (found.open_kfid, found.name)));
        if count < PAGE {
            break;
        }
    }
    Ok(known)
}
