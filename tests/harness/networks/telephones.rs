//! Telephones behind a PBX that stands in for a real one: what each does when it rings, and what becomes of it.
//! What is said of it, in the PBX's own words, is the stand-in's business.

use crate::watched::Watched;
use std::collections::{BTreeMap, VecDeque};

/// What a telephone does when it is rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Does {
    /// It rings, and somebody answers.
    #[default]
    Answer,
    /// It rings, until the test does something.
    Ring,
    /// It ends with this cause (ITU-T Q.850), without ringing.
    Fail(u16),
    /// The PBX does not even begin: it refuses what it shall dial.
    Refuse,
}

/// How far a leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It rings.
    Rings,
    /// Its owner has answered.
    Up,
}

/// One leg.
#[derive(Debug, Clone)]
pub struct Leg {
    /// Its id, as it was given.
    pub id: String,
    /// What was dialled.
    pub dialled: String,
    /// How far it is.
    pub state: State,
    /// The call that it is bridged in.
    pub bridge: Option<String>,
    /// It hears music.
    pub has_music: bool,
    /// The PBX lets it ring so long, in seconds.
    pub timeout: u64,
}

/// What happened to a leg, as it was then.
#[derive(Debug, Clone)]
pub enum Happened {
    /// It rings.
    Rings(Leg),
    /// Its owner has answered.
    Answers(Leg),
    /// Its owner hangs up.
    Leaves(Leg),
    /// It is gone, with this cause.
    Ends(Leg, u16),
    /// Its owner puts the other one on hold.
    Holds(Leg),
    /// No longer.
    Resumes(Leg),
    /// Somebody rang, whose number this is, and nobody took the call: the id, the number.
    Missed(String, String),
    /// Nothing could be dialled under this id, which some PBXs tell afterwards.
    Refuses(String),
    /// Something of another shape, as it is.
    Noise(String),
}

/// All of them.
#[derive(Debug, Default)]
pub struct Telephones {
    /// Those that are there.
    pub legs: BTreeMap<String, Leg>,
    /// Every id that was dialled, in order.
    pub dialled: Vec<String>,
    /// Every id that ever was, so that one is not given twice.
    pub callers: Vec<String>,
    /// What the agents' do.
    pub agents: Does,
    /// What the persons' do.
    pub persons: Does,
    /// What was not said yet.
    pub happened: VecDeque<Happened>,
    /// Lines that stand.
    pub lines: usize,
    /// Lines that stood so far.
    pub lines_so_far: usize,
    /// How often they were cut.
    pub cuts: usize,
    /// It takes no line, and answers nothing.
    pub is_away: bool,
    /// The names of recordings.
    pub recordings: Vec<String>,
    /// Bridges that stand: their ids.
    pub bridges: Vec<String>,
    /// What of all that was asked or said is not as the protocol's own description has it.
    pub faults: Vec<String>,
}

/// Why nothing rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrung {
    /// There is a leg of this id.
    Exists,
    /// It cannot be dialled.
    Refused,
}

impl Telephones {
    /// Rings one.
    ///
    /// # Errors
    /// See [`Unrung`].
    pub fn rings(&mut self, id: &str, dialled: &str, timeout: u64) -> Result<(), Unrung> {
        if self.legs.contains_key(id) {
            return Err(Unrung::Exists);
        }
        let does = if id.ends_with("-a") { self.agents } else { self.persons };
        if does == Does::Refuse {
            self.says(Happened::Refuses(id.to_owned()));
            return Err(Unrung::Refused);
        }
        let (id, dialled) = (id.to_owned(), dialled.to_owned());
        let leg = Leg {
            id: id.clone(),
            dialled,
            state: State::Rings,
            bridge: None,
            has_music: false,
            timeout,
        };
        self.dialled.push(id.clone());
        self.legs.insert(id.clone(), leg.clone());
        match does {
            Does::Answer => {
                self.says(Happened::Rings(leg));
                self.answers(&id);
            }
            Does::Ring => self.says(Happened::Rings(leg)),
            Does::Fail(cause) => self.ends(&id, cause),
            Does::Refuse => {}
        }
        Ok(())
    }

    /// Somebody answers.
    pub fn answers(&mut self, id: &str) {
        let leg = self.legs.get_mut(id).unwrap();
        leg.state = State::Up;
        let leg = leg.clone();
        self.says(Happened::Answers(leg));
    }

    /// Somebody hangs up.
    pub fn hangs_up(&mut self, id: &str) {
        let leg = self.legs[id].clone();
        self.says(Happened::Leaves(leg));
        self.ends(id, 16);
    }

    /// It is gone; false when it was not there.
    pub fn ends(&mut self, id: &str, cause: u16) {
        if let Some(leg) = self.legs.remove(id) {
            self.says(Happened::Ends(leg, cause));
        }
    }

    /// Says something, where anybody listens: nobody keeps it.
    pub fn says(&mut self, happened: Happened) {
        if self.lines > 0 {
            self.happened.push_back(happened);
        }
    }

    /// The legs that hear each other in a call, and those that hear music.
    pub fn in_call(&self, call: &str) -> (Vec<String>, Vec<String>) {
        let of_call = |leg: &&Leg| leg.id.starts_with(call);
        let ids = |is: fn(&&Leg) -> bool| {
            let legs = self.legs.values().filter(of_call).filter(is);
            legs.map(|leg| leg.id.clone()).collect()
        };
        (ids(|leg| leg.bridge.is_some()), ids(|leg| leg.has_music))
    }
}

/// Telephones that a test changes and waits for.
pub type Shared = Watched<Telephones>;
