//! Tries the settings at 微信客服, without writing to anybody.

use super::super::check::{callbacks, credentials};
use super::{Kf, people};
use crate::adapter::Finding;

pub(super) async fn check(app: &Kf) -> Vec<Finding> {
    vec![credentials(&app.api).await, permissions(app).await, callbacks(&app.api)]
}

async fn permissions(app: &Kf) -> Finding {
    const POINT: &str = "permissions";
    let known = match people::accounts(&app.api).await {
        Ok(known) => known,
        Err(failure) => return Finding::no(POINT, failure.to_string()),
    };
    let missing = app.accounts.iter().find(|ours| !known.iter().any(|(id, _)| id == *ours));
    if let Some(missing) = missing {
        return Finding::no(POINT, format!("the app may not use the account {missing}"));
    }
    let names: Vec<String> = known
        .into_iter()
        .filter(|(id, _)| app.is_ours(id))
        .map(|(id, name)| format!("{name} ({id})"))
        .collect();
    match names.is_empty() {
        true => Finding::no(POINT, "there is no account (客服账号) that the app may use"),
        false => Finding::yes(POINT, names.join(", ")),
    }
}
