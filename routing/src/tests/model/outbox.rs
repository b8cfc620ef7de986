//! The outbox and the duties in the twin.

use crate::router::Router;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Letter {
    pub(in super::super) endpoint: String,
    pub(in super::super) place: u64,
    pub(in super::super) tries: u32,
    pub(in super::super) state: &'static str,
    pub(in super::super) token: String,
}

/// Who owns a duty.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Owned {
    owner: String,
    epoch: u64,
    until: i64,
}

#[derive(Debug, Clone, Default)]
pub(in super::super) struct Outbox {
    pub(in super::super) now: i64,
    pub(in super::super) letters: BTreeMap<String, Letter>,
    due: BTreeMap<String, i64>,
    places: u64,
    claims: u64,
    duty: Owned,
    pub(in super::super) cursor: String,
}

impl Outbox {
    fn first(&self, endpoint: &str) -> Option<String> {
        self.letters
            .iter()
            .filter(|(_, letter)| letter.endpoint == endpoint && letter.state != "dead")
            .min_by_key(|(_, letter)| letter.place)
            .map(|(id, _)| id.clone())
    }

    pub(in super::super) fn deliver(&mut self, id: &str, endpoint: &str) {
        if self.letters.contains_key(id) {
            return;
        }
        self.places += 1;
        let letter = Letter {
            endpoint: endpoint.to_owned(),
            place: self.places,
            tries: 0,
            state: "pending",
            token: String::new(),
        };
        self.letters.insert(id.to_owned(), letter);
        self.due.entry(endpoint.to_owned()).or_insert(self.now);
    }

    pub(in super::super) fn claim(
        &mut self,
        owner: &str,
        lease: i64,
        limit: usize,
    ) -> Vec<(String, String, u32)> {
        let mut endpoints: Vec<(i64, String)> = self
            .due
            .iter()
            .filter(|(_, at)| **at <= self.now)
            .map(|(endpoint, at)| (*at, endpoint.clone()))
            .collect();
        endpoints.sort();
        let mut claimed = Vec::new();
        for (_, endpoint) in endpoints.into_iter().take(limit) {
            let id = self.first(&endpoint).expect("a box that is due has a letter");
            let letter = self.letters.get_mut(&id).expect("it");
            letter.tries += 1;
            letter.state = "sending";
            self.claims += 1;
            letter.token = format!("{owner}.{}", self.claims);
            claimed.push((id, letter.token.clone(), letter.tries - 1));
            self.due.insert(endpoint, self.now + lease);
        }
        claimed
    }

    pub(in super::super) fn renew(&mut self, id: &str, token: &str, lease: i64) -> bool {
        let letter = self.letters.get(id).filter(|l| !token.is_empty() && l.token == token);
        let Some(endpoint) = letter.map(|letter| letter.endpoint.clone()) else { return false };
        if self.first(&endpoint).as_deref() != Some(id) {
            return false;
        }
        self.due.insert(endpoint, self.now + lease);
        true
    }

    pub(in super::super) fn record(
        &mut self,
        id: &str,
        token: &str,
        outcome: &str,
        retry_at: i64,
    ) -> bool {
        let Some(letter) =
            self.letters.get_mut(id).filter(|l| !token.is_empty() && l.token == token)
        else {
            return false;
        };
        letter.token.clear();
        let endpoint = letter.endpoint.clone();
        match outcome {
            "retry" => {
                letter.state = "retrying";
                self.next_in_box(endpoint, retry_at);
                return true;
            }
            "dead" => letter.state = "dead",
            _ => {
                self.letters.remove(id);
            }
        }
        self.next_in_box(endpoint, self.now);
        true
    }

    /// The first of a box may go at this time, unless it is on its way.
    fn next_in_box(&mut self, endpoint: String, at: i64) {
        match self.first(&endpoint).map(|id| self.letters[&id].state) {
            Some("sending") => {}
            Some(_) => {
                self.due.insert(endpoint, at);
            }
            None => {
                self.due.remove(&endpoint);
            }
        }
    }

    pub(in super::super) fn retry_dead(&mut self, id: &str, drop: bool) -> bool {
        let now = self.now;
        let Some(letter) = self.letters.get_mut(id).filter(|l| l.state == "dead") else {
            return false;
        };
        if drop {
            self.letters.remove(id);
        } else {
            (letter.state, letter.tries) = ("pending", 0);
            self.due.entry(letter.endpoint.clone()).or_insert(now);
        }
        true
    }

    /// `Ok(epoch)` when held, `Err(owner)` when somebody else's.
    pub(in super::super) fn take_duty(&mut self, owner: &str, time: i64) -> Result<u64, String> {
        let free = self.duty.owner.is_empty() || self.duty.until <= self.now;
        if !free && self.duty.owner != owner {
            return Err(self.duty.owner.clone());
        }
        if free {
            self.duty.epoch += 1;
        }
        self.duty.owner = owner.to_owned();
        self.duty.until = self.now + time;
        Ok(self.duty.epoch)
    }

    pub(in super::super) fn release_duty(&mut self, owner: &str) {
        if self.duty.owner == owner {
            self.duty.owner.clear();
            self.duty.until = 0;
        }
    }

    pub(in super::super) fn dispatch(
        &mut self,
        epoch: u64,
        cursor: &str,
        letters: &[(String, String)],
    ) -> bool {
        if epoch == 0 || epoch != self.duty.epoch {
            return false;
        }
        cursor.clone_into(&mut self.cursor);
        for (id, endpoint) in letters {
            self.deliver(id, endpoint);
        }
        true
    }

    /// Compares with what Redis holds; says what differs.
    pub(in super::super) async fn compare(&self, router: &Router) -> Result<(), String> {
        let run =
            async |command: &mut redis::Cmd| router.store().run("dump", command).await.unwrap();
        let keys = run(redis::cmd("KEYS").arg("{t1}:delivery:*")).await;
        let mut keys: Vec<String> = redis::from_redis_value(keys).unwrap();
        keys.sort();
        let expected: Vec<String> =
            self.letters.keys().map(|id| format!("{{t1}}:delivery:{id}")).collect();
        if keys != expected {
            return Err(format!("deliveries {keys:?}, expected {expected:?}"));
        }
        for (id, letter) in &self.letters {
            let key = format!("{{t1}}:delivery:{id}");
            let value = run(redis::cmd("HGETALL").arg(&key)).await;
            let found: BTreeMap<String, String> = redis::from_redis_value(value).unwrap();
            let same = found["endpoint"] == letter.endpoint
                && found["place"] == letter.place.to_string()
                && found["tries"] == letter.tries.to_string()
                && found["state"] == letter.state
                && found["token"] == letter.token;
            if !same {
                return Err(format!("{id} is {found:?}, expected {letter:?}"));
            }
        }
        let mut boxes: Vec<(String, f64)> = redis::from_redis_value(
            run(redis::cmd("ZRANGE").arg("{t1}:boxes").arg(0).arg(-1).arg("WITHSCORES")).await,
        )
        .unwrap();
        boxes.sort_by(|a, b| a.0.cmp(&b.0));
        let found: Vec<(String, i64)> = boxes.into_iter().map(|(e, at)| (e, at as i64)).collect();
        let expected: Vec<(String, i64)> = self.due.clone().into_iter().collect();
        if found != expected {
            return Err(format!("boxes {found:?}, expected {expected:?}"));
        }
        Ok(())
    }
}
