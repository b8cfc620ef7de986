//! A state that a reader changes and a test waits on.

use crate::eventually::WITHIN;
use std::fmt::Debug;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The state, and a bell that rings when it changed.
#[derive(Debug)]
pub struct Watched<S> {
    state: Mutex<S>,
    bell: watch::Sender<u64>,
}

impl<S: Default> Default for Watched<S> {
    fn default() -> Self {
        Self { state: Mutex::new(S::default()), bell: watch::Sender::new(0) }
    }
}

impl<S: Debug> Watched<S> {
    /// Changes it.
    pub fn change<T>(&self, change: impl FnOnce(&mut S) -> T) -> T {
        let value = change(&mut self.state.lock().unwrap());
        self.bell.send_modify(|n| *n += 1);
        value
    }

    /// Looks at it.
    pub fn look<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.state.lock().unwrap())
    }

    /// Waits until `look` finds something.
    ///
    /// # Panics
    /// After ten seconds, with the state as it is then.
    pub async fn until<T>(&self, what: &str, look: impl FnMut(&S) -> Option<T>) -> T {
        match self.within(WITHIN, look).await {
            Some(found) => found,
            None => panic!(
                "not within {WITHIN:?}: {what}; the state is {:#?}",
                self.state.lock().unwrap()
            ),
        }
    }

    /// Waits so long for `look` to find something.
    pub async fn within<T>(
        &self,
        time: Duration,
        mut look: impl FnMut(&S) -> Option<T>,
    ) -> Option<T> {
        let mut bell = self.bell.subscribe();
        let search = async {
            loop {
                bell.borrow_and_update();
                if let Some(found) = self.look(&mut look) {
                    return found;
                }
                // The sender lives in `self`, so this cannot end otherwise.
                bell.changed().await.unwrap();
            }
        };
        timeout(time, search).await.ok()
    }
}
