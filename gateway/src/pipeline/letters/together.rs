//! Several letters at once: kept and read side by side, then entered in waves, so that a letter that
//! answers another of them, or comes from the same sender, enters after it.

use super::{Kept, LetterError, enter, keep, read};
use crate::app::App;
use channels::{Accepted, Inbound, Payload, RawInbound};
use domain::TenantId;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::task::{JoinError, JoinSet};

/// Takes letters of one channel in; the answers stand in their order. See
/// [`channels::InboundSink::accept_together`].
pub async fn accept_together(
    app: &Arc<App>,
    tenant: &TenantId,
    letters: Vec<RawInbound>,
) -> Vec<Result<Accepted, LetterError>> {
    let originals = keep::originals(app, tenant, &letters).await;
    let reading = letters.into_iter().zip(originals).map(|(raw, kept)| {
        let (app, tenant) = (Arc::clone(app), tenant.clone());
        async move {
            let (original, came_before) = kept?;
            let read = read(&app, &tenant, &raw).await?;
            Ok(Kept { raw, original, came_before, read })
        }
    });
    let kept: Vec<_> =
        side_by_side(reading).await.into_iter().map(|read| whole(tenant, read)).collect();
    in_waves(app, tenant, kept).await
}

/// Runs each in a task of its own, so that every core works and a defect that one meets is its alone;
/// the results stand in their order. Dropped, all end.
async fn side_by_side<T: Send + 'static>(
    work: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<Result<T, JoinError>> {
    let mut tasks = JoinSet::new();
    let ids: Vec<_> = work.map(|one| tasks.spawn(one).id()).collect();
    let mut ended = HashMap::with_capacity(ids.len());
    while let Some(result) = tasks.join_next_with_id().await {
        match result {
            Ok((id, value)) => ended.insert(id, Ok(value)),
            Err(broken) => ended.insert(broken.id(), Err(broken)),
        };
    }
    ids.iter().filter_map(|id| ended.remove(id)).collect()
}

fn whole<T>(
    tenant: &TenantId,
    ended: Result<Result<T, LetterError>, JoinError>,
) -> Result<T, LetterError> {
    ended.unwrap_or_else(|broken| Err(defect(tenant, &broken)))
}

fn defect(tenant: &TenantId, broken: &JoinError) -> LetterError {
    let panicked = broken.is_panic();
    tracing::error!(tenant.id = %tenant, panicked, "a letter was not taken in: a defect");
    LetterError::Defect
}

async fn in_waves(
    app: &Arc<App>,
    tenant: &TenantId,
    kept: Vec<Result<Kept, LetterError>>,
) -> Vec<Result<Accepted, LetterError>> {
    let names: Vec<_> =
        kept.iter().map(|kept| kept.as_ref().map_or_else(|_| Vec::new(), names)).collect();
    let waves = waves(&names);
    let mut failed = HashSet::new();
    let mut waiting: Vec<Option<_>> = kept.into_iter().map(Some).collect();
    let mut answers: Vec<Option<_>> = waiting.iter().map(|_| None).collect();
    for wave in 0..=waves.iter().copied().max().unwrap_or(0) {
        let of_wave = of_wave(&waves, wave, &names, &mut failed);
        let turns = of_wave.iter().filter_map(|n| waiting.get_mut(*n)?.take()).map(|kept| {
            let (app, tenant) = (Arc::clone(app), tenant.clone());
            async move { enter(&app, &tenant, &kept?).await }
        });
        for (n, entered) in of_wave.iter().zip(side_by_side(turns).await) {
            let answer = whole(tenant, entered);
            if answer.is_err() {
                failed.extend(names.get(*n).into_iter().flatten().cloned());
            }
            if let Some(place) = answers.get_mut(*n) {
                *place = Some(answer);
            }
        }
    }
    answers.into_iter().map(|answer| answer.unwrap_or(Err(LetterError::Behind))).collect()
}

/// The letters of a wave, but for those behind one that failed: they come again after it, as they would
/// one by one.
fn of_wave(
    waves: &[usize],
    wave: usize,
    names: &[Vec<String>],
    failed: &mut HashSet<String>,
) -> Vec<usize> {
    let mut these = Vec::new();
    for (n, (_, names)) in waves.iter().zip(names).enumerate().filter(|(_, (its, _))| **its == wave)
    {
        if names.iter().any(|name| failed.contains(name)) {
            failed.extend(names.iter().cloned());
        } else {
            these.push(n);
        }
    }
    these
}

/// What must not be entered beside another letter with the same name: the letter itself, its sender,
/// and the letters that it is and answers.
fn names(kept: &Kept) -> Vec<String> {
    let Some(Inbound { external_id, sender, payload, .. }) = kept.inbound() else {
        return Vec::new();
    };
    let mut names = vec![external_id.clone(), sender.value.to_lowercase()];
    if let Payload::MessageNew(message) = payload {
        names.extend(message.mail.as_ref().map(|mail| mail.message_id.clone()));
        names.extend(message.answers.message_ids.iter().cloned());
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The wave of each letter: the first after those of all earlier letters with a name in common.
fn waves(letters: &[Vec<String>]) -> Vec<usize> {
    let mut next: HashMap<&str, usize> = HashMap::new();
    letters
        .iter()
        .map(|names| {
            let known = names.iter().filter_map(|name| next.get(name.as_str()));
            let wave = known.copied().max().unwrap_or(0);
            for name in names {
                next.insert(name, wave + 1);
            }
            wave
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(letters: &[&[&str]]) -> Vec<Vec<String>> {
        letters.iter().map(|names| names.iter().map(|name| (*name).to_owned()).collect()).collect()
    }

    fn waves_of(letters: &[&[&str]]) -> Vec<usize> {
        waves(&owned(letters))
    }

    #[test]
    fn strangers_enter_together() {
        assert_eq!(waves_of(&[&["a"], &["b"], &["c"], &[]]), [0, 0, 0, 0]);
        assert_eq!(waves_of(&[]), [0; 0]);
    }

    #[test]
    fn whoever_shares_a_name_enters_later() {
        // The third answers the first and comes from the sender of the second; the fourth answers it.
        let letters: &[&[&str]] = &[&["m1", "wang"], &["m2", "li"], &["m3", "li", "m1"], &["m3"]];
        assert_eq!(waves_of(letters), [0, 0, 1, 2]);
        assert_eq!(waves_of(&[&["wang"], &["wang"], &["wang"]]), [0, 1, 2]);
    }

    #[test]
    fn what_is_behind_one_that_failed_comes_again_after_it() {
        let names = owned(&[&["m1", "wang"], &["m2", "li"], &["m3", "m1"], &["m4", "li"], &["m3"]]);
        let waves = waves(&names);
        assert_eq!(waves, [0, 0, 1, 1, 2]);
        let mut failed = HashSet::new();
        assert_eq!(of_wave(&waves, 0, &names, &mut failed), [0, 1]);
        failed.extend(names[0].iter().cloned());
        assert_eq!(of_wave(&waves, 1, &names, &mut failed), [3], "the answer to the first waits");
        assert_eq!(of_wave(&waves, 2, &names, &mut failed), [0; 0], "and whatever answers that");
    }
}
