//! What a door borrows from the house: the way out, the present, and a shelf that all gateways share.

use crate::http::Http;
use crate::inbound::SinkError;
use crate::mail_reach::MailReach;
use crate::sip::reach::SipReach;
use domain::{Clock, Timestamp};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A few small things of one channel that every gateway sees: access tokens, an address to answer at
/// while it lives. Nothing on it may be needed for ever: it may be cleared at any time, and the door
/// fetches anew.
#[async_trait::async_trait]
pub trait Shelf: Send + Sync {
    /// What lies under a name, unless its time is over.
    ///
    /// # Errors
    /// [`SinkError`] when it cannot be read.
    async fn find(&self, name: &str) -> Result<Option<String>, SinkError>;

    /// Lays something under a name for so many milliseconds, in the place of what lay there.
    ///
    /// # Errors
    /// [`SinkError`] when it is unknown whether it lies there.
    async fn put(&self, name: &str, value: &str, for_ms: u64) -> Result<(), SinkError>;

    /// Takes a turn that only one among all gateways has, for so many milliseconds at most; false when
    /// somebody else has it. It may be held by two when the first is slower than its time: what is done
    /// in it must bear that.
    ///
    /// # Errors
    /// [`SinkError`] when it cannot be told.
    async fn take_turn(&self, name: &str, for_ms: u64) -> Result<bool, SinkError>;

    /// Gives a turn back before its time is over. Failing only costs the others that time.
    async fn end_turn(&self, name: &str);
}

/// What a door is given when it is opened.
#[derive(Clone)]
pub struct Means {
    /// The way out.
    pub http: Http,
    /// What all gateways share of this channel.
    pub shelf: Arc<dyn Shelf>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// What mail may reach.
    pub mail: MailReach,
    /// What telephones' lines may reach.
    pub sip: SipReach,
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Means").finish_non_exhaustive()
    }
}

impl Means {
    /// Means with which nothing is reached: enough to check settings.
    pub fn none() -> Self {
        let clock = Arc::new(Stopped);
        let shelf = Arc::new(OwnShelf::new(clock.clone()));
        Self {
            http: Http::none(),
            shelf,
            clock,
            mail: MailReach::default(),
            sip: SipReach::default(),
        }
    }
}

/// A clock for doors that are opened only to look at their settings.
#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}

/// A shelf that nobody shares: for a program that stands alone, and for tests.
pub struct OwnShelf {
    clock: Arc<dyn Clock>,
    /// What lies there, and until when.
    lying: Mutex<HashMap<String, (String, i64)>>,
}

impl fmt::Debug for OwnShelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnShelf").finish_non_exhaustive()
    }
}

impl OwnShelf {
    /// An empty shelf.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, lying: Mutex::default() }
    }

    fn now(&self) -> i64 {
        self.clock.now().0
    }

    fn until(&self, for_ms: u64) -> i64 {
        self.now().saturating_add(i64::try_from(for_ms).unwrap_or(i64::MAX))
    }
}

#[async_trait::async_trait]
impl Shelf for OwnShelf {
    async fn find(&self, name: &str) -> Result<Option<String>, SinkError> {
        let lying = self.lying.lock().unwrap_or_else(PoisonError::into_inner);
        let found = lying.get(name).filter(|(_, until)| *until > self.now());
        Ok(found.map(|(value, _)| value.clone()))
    }

    async fn put(&self, name: &str, value: &str, for_ms: u64) -> Result<(), SinkError> {
        let mut lying = self.lying.lock().unwrap_or_else(PoisonError::into_inner);
        lying.insert(name.to_owned(), (value.to_owned(), self.until(for_ms)));
        Ok(())
    }

    async fn take_turn(&self, name: &str, for_ms: u64) -> Result<bool, SinkError> {
        let key = format!("turn of {name}");
        let mut lying = self.lying.lock().unwrap_or_else(PoisonError::into_inner);
        if lying.get(&key).is_some_and(|(_, until)| *until > self.now()) {
            return Ok(false);
        }
        lying.insert(key, (String::new(), self.until(for_ms)));
        Ok(true)
    }

    async fn end_turn(&self, name: &str) {
        let mut lying = self.lying.lock().unwrap_or_else(PoisonError::into_inner);
        lying.remove(&format!("turn of {name}"));
    }
}
