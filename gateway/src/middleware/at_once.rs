//! How many of something are under way at the same time on this gateway, by whom: uploads, sockets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is under way, by name. As many entries as things under way, so it needs no bound of its own.
#[derive(Debug, Clone, Default)]
pub struct AtOnce {
    counts: Arc<Mutex<HashMap<String, usize>>>,
}

/// One thing under way, until dropped.
#[derive(Debug)]
pub struct Turn {
    whole: AtOnce,
    who: String,
}

impl AtOnce {
    /// One more of `who`, unless there are so many already.
    pub fn begin(&self, who: &str, most: usize) -> Option<Turn> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(who.to_owned()).or_insert(0);
        if *count >= most {
            // An entry of zero only when nothing at all is allowed.
            counts.retain(|_, count| *count > 0);
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Turn { whole: self.clone(), who: who.to_owned() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut counts = self.whole.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.who) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AtOnce;

    #[test]
    fn so_many_at_once_and_a_place_is_free_again_when_one_ends() {
        let uploads = AtOnce::default();
        let first = uploads.begin("li", 2).unwrap();
        let second = uploads.begin("li", 2).unwrap();
        assert!(uploads.begin("li", 2).is_none());
        assert!(uploads.begin("wang", 2).is_some(), "another");
        drop(first);
        assert!(uploads.begin("li", 2).is_some());
        drop(second);
        assert!(uploads.counts.lock().unwrap().is_empty());
    }
}
