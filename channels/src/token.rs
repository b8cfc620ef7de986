//! Access tokens that all gateways share: asked for once, kept until shortly before they end.

use crate::error::AdapterError;
use crate::inbound::SinkError;
use crate::means::Means;
use crate::secret::Secret;
use std::time::Duration;

/// A token is renewed so long before it ends, so that no call meets its last second.
const SPARE: Duration = Duration::from_secs(120);
/// How long one gateway may take to ask for a token before another asks.
const TURN_MS: u64 = 15_000;
/// How long somebody else's answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// The pause between two looks at what somebody else fetches.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The token of this name: the one that is kept, or a new one out of `fetch`, which also says how long
/// it lasts. Among all gateways one fetches, and the others wait for what it gets. A token that the
/// network refused is named as `refused`, so that it is not given again.
///
/// # Errors
/// Whatever `fetch` says; [`AdapterError::Unavailable`] when the shelf cannot be reached, or somebody
/// else's answer does not come.
pub async fn shared(
    means: &Means,
    name: &str,
    refused: Option<&Secret>,
    fetch: impl AsyncFnOnce() -> Result<(Secret, Duration), AdapterError>,
) -> Result<Secret, AdapterError> {
    let name = format!("token.{name}");
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(known) = known(means, &name, refused).await? {
            return Ok(known);
        }
        if means.shelf.take_turn(&name, TURN_MS).await.map_err(away)? {
            let fetched = fetch_in_turn(means, &name, refused, fetch).await;
            means.shelf.end_turn(&name).await;
            return fetched;
        }
        if tokio::time::Instant::now() >= until {
            let why = "another gateway asks for a token and gets none";
            return Err(AdapterError::Unavailable(why.to_owned()));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn fetch_in_turn(
    means: &Means,
    name: &str,
    refused: Option<&Secret>,
    fetch: impl AsyncFnOnce() -> Result<(Secret, Duration), AdapterError>,
) -> Result<Secret, AdapterError> {
    // Whoever had the turn before may have fetched it.
    if let Some(known) = known(means, name, refused).await? {
        return Ok(known);
    }
    let (token, life) = fetch().await?;
    let spare = SPARE.min(life / 2);
    let for_ms = u64::try_from(life.saturating_sub(spare).as_millis()).unwrap_or(u64::MAX);
    if let Err(error) = means.shelf.put(name, token.reveal(), for_ms.max(1)).await {
        tracing::debug!(error = %error, "a token is used and not kept");
    }
    Ok(token)
}

async fn known(
    means: &Means,
    name: &str,
    refused: Option<&Secret>,
) -> Result<Option<Secret>, AdapterError> {
    let known = means.shelf.find(name).await.map_err(away)?.map(Secret::new);
    Ok(known.filter(|known| Some(known) != refused))
}

fn away(error: SinkError) -> AdapterError {
    AdapterError::Unavailable(error.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const HOUR: Duration = Duration::from_secs(3_600);

    async fn asked(means: &Means, refused: Option<&Secret>, count: &AtomicUsize) -> Secret {
        let fetch = async || {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let n = count.fetch_add(1, Ordering::SeqCst);
            Ok((Secret::new(format!("token-{n}")), HOUR))
        };
        shared(means, "app", refused, fetch).await.expect("a token")
    }

    #[tokio::test(start_paused = true)]
    async fn many_ask_and_one_fetches() {
        let (means, count) = (Means::none(), AtomicUsize::new(0));
        let (a, b, c) = tokio::join!(
            asked(&means, None, &count),
            asked(&means, None, &count),
            asked(&means, None, &count),
        );
        assert_eq!((a.reveal(), b.reveal(), c.reveal()), ("token-0", "token-0", "token-0"));
        // Two find the same one refused: one new one for both, and who comes late gets that.
        let (d, e) = tokio::join!(asked(&means, Some(&a), &count), asked(&means, Some(&a), &count));
        assert_eq!((d.reveal(), e.reveal()), ("token-1", "token-1"));
        assert_eq!(asked(&means, Some(&a), &count).await.reveal(), "token-1");
    }

    #[tokio::test(start_paused = true)]
    async fn who_fails_lets_the_next_one_try() {
        let means = Means::none();
        let fails = async || Err(AdapterError::Unauthorised);
        let refused = shared(&means, "app", None, fails).await;
        assert!(matches!(refused, Err(AdapterError::Unauthorised)));
        assert_eq!(asked(&means, None, &AtomicUsize::new(7)).await.reveal(), "token-7");
    }
}
