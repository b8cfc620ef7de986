//! Persons: contacts of whom it is proved that they are one and the same.
//!
//! A contact is who writes by the addresses of one channel, and stays that: its conversations never
//! change hands, so an answer can never go to somebody else. Contacts that share evidence are *linked*;
//! a person is what hangs together by links. Telling two apart takes their links away, and nothing else
//! has to be undone.
//!
//! What speaks against it wins: contacts with different ids in one directory are never one person,
//! and a pair that somebody told apart does not come together again by itself, by no detour either.

use crate::error::Result;
use crate::store::database::Transaction;
use crate::store::handle;
use crate::store::statement::{Row, sql, tag, untag};
use domain::{ContactId, Evidence, EvidenceKind, TenantId, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

handle!(Persons, "Contacts who are one person.");

/// Contacts of one person at most. More than this share something that proves nothing, such as the
/// number of an office.
pub const CONTACTS_MAX: usize = 16;
/// How long evidence stands that no network has told again, in milliseconds: numbers and addresses get
/// new owners.
pub const EVIDENCE_MS: i64 = 90 * 24 * 60 * 60 * 1_000;
/// So many contacts are looked for that share one piece of evidence: as many as prove that it is no
/// person's own.
const SHARING_MAX: u32 = 16;

/// A contact that is, or was, the same person as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fellow {
    /// The contact.
    pub contact: ContactId,
    /// What proved it.
    pub by: EvidenceKind,
    /// Since when.
    pub since: Timestamp,
}

/// What came of [`Persons::join_again`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinedAgain {
    /// They are one person.
    Joined,
    /// Nobody told these two apart.
    NotSeparated,
    /// Something else speaks against it: two ids in one directory, or too many contacts.
    Contradicted,
}

impl Persons<'_> {
    /// Keeps what is proved of a contact now, in the place of what was kept before, and links it with
    /// the contacts that share something of it; gives those that were linked now.
    pub async fn recognise(
        self,
        tenant: &TenantId,
        contact: &ContactId,
        evidence: &[Evidence],
        now: Timestamp,
    ) -> Result<Vec<Fellow>> {
        let mut tx = self.database.begin().await?;
        tx.lock("persons", tenant.as_str()).await?;
        keep(&mut tx, tenant, contact, evidence, now).await?;
        let person = Group::of(&mut tx, tenant, contact).await?.contacts();
        if !ids_agree(&mut tx, tenant, &person).await? {
            // What was taken for one person turns out to be two.
            let unlink = sql("DELETE FROM person_links \
                 WHERE tenant = $1 AND (one = $2 OR other = $2) AND separated_at IS NULL");
            tx.write(unlink.bind(tenant).bind(contact)).await?;
        }
        let mut joined = Vec::new();
        for piece in evidence {
            for other in sharing(&mut tx, tenant, contact, piece, now).await? {
                let mut both = Group::of(&mut tx, tenant, contact).await?.contacts();
                if both.contains(&other) {
                    continue;
                }
                both.extend(Group::of(&mut tx, tenant, &other).await?.contacts());
                if !may_be_one(&mut tx, tenant, &both, &[]).await? {
                    continue;
                }
                link(&mut tx, tenant, (contact, &other), piece.kind(), now).await?;
                joined.push(Fellow { contact: other, by: piece.kind(), since: now });
            }
        }
        tx.commit().await?;
        Ok(joined)
    }

    /// The other contacts of the same person, those nearest first.
    pub async fn fellows(self, tenant: &TenantId, contact: &ContactId) -> Result<Vec<Fellow>> {
        let mut tx = self.database.begin_reading().await?;
        Ok(Group::of(&mut tx, tenant, contact).await?.fellows)
    }

    /// The contacts that were told apart from this person, by the links that they had.
    pub async fn separated(self, tenant: &TenantId, contact: &ContactId) -> Result<Vec<Fellow>> {
        let mut tx = self.database.begin_reading().await?;
        let person = Group::of(&mut tx, tenant, contact).await?.contacts();
        let mut apart: Vec<Fellow> = Vec::new();
        for member in &person {
            for pair in separated_pairs(&mut tx, tenant, member).await? {
                let fellow = pair.from(member);
                let is_known = apart.iter().any(|known| known.contact == fellow.contact);
                if !is_known && !person.contains(&fellow.contact) {
                    apart.push(fellow);
                }
            }
        }
        Ok(apart)
    }

    /// Tells a contact apart from the rest of its person, and says how many links it had.
    /// Its conversations and addresses stay as they are.
    pub async fn separate(
        self,
        tenant: &TenantId,
        contact: &ContactId,
        by: &str,
        now: Timestamp,
    ) -> Result<u64> {
        let update = sql("UPDATE person_links SET separated_at = $3, separated_by = $4 \
             WHERE tenant = $1 AND (one = $2 OR other = $2) AND separated_at IS NULL");
        self.database.write(update.bind(tenant).bind(contact).bind(now).bind(by)).await
    }

    /// Takes back that another contact was told apart from this person.
    pub async fn join_again(
        self,
        tenant: &TenantId,
        contact: &ContactId,
        other: &ContactId,
    ) -> Result<JoinedAgain> {
        let mut tx = self.database.begin().await?;
        tx.lock("persons", tenant.as_str()).await?;
        let ours = Group::of(&mut tx, tenant, contact).await?.contacts();
        let theirs = Group::of(&mut tx, tenant, other).await?.contacts();
        let mut between = Vec::new();
        for member in &ours {
            let pairs = separated_pairs(&mut tx, tenant, member).await?;
            between.extend(pairs.into_iter().filter(|pair| pair.links(&ours, &theirs)));
        }
        if ours.contains(other) || !between.iter().any(|pair| pair.has(other)) {
            return Ok(JoinedAgain::NotSeparated);
        }
        let both = ours.union(&theirs).cloned().collect();
        if !may_be_one(&mut tx, tenant, &both, &between).await? {
            return Ok(JoinedAgain::Contradicted);
        }
        for pair in between {
            let update = sql("UPDATE person_links SET separated_at = NULL, separated_by = NULL \
                 WHERE tenant = $1 AND one = $2 AND other = $3");
            tx.write(update.bind(tenant).bind(&pair.one).bind(&pair.other)).await?;
        }
        tx.commit().await?;
        Ok(JoinedAgain::Joined)
    }
}

/// Links of one contact that are read at most: more would be more contacts than a person has.
const ROWS_MAX: u32 = 256;

/// Two contacts and what links them.
#[derive(PartialEq, Eq)]
struct Pair {
    one: ContactId,
    other: ContactId,
    by: EvidenceKind,
    since: Timestamp,
}

impl Pair {
    fn has(&self, contact: &ContactId) -> bool {
        self.one == *contact || self.other == *contact
    }

    fn links(&self, ours: &BTreeSet<ContactId>, theirs: &BTreeSet<ContactId>) -> bool {
        ours.contains(&self.one) && theirs.contains(&self.other)
            || ours.contains(&self.other) && theirs.contains(&self.one)
    }

    /// The one of the two that is not this one.
    fn from(self, contact: &ContactId) -> Fellow {
        let other = if self.one == *contact { self.other } else { self.one };
        Fellow { contact: other, by: self.by, since: self.since }
    }
}

fn read_pair(row: &Row) -> Result<Pair> {
    Ok(Pair {
        one: row.word("one")?,
        other: row.word("other")?,
        by: untag("kind", row.get("kind")?)?,
        since: row.time("since")?,
    })
}

fn in_order<'a>(a: &'a ContactId, b: &'a ContactId) -> (&'a ContactId, &'a ContactId) {
    if a.as_str() <= b.as_str() { (a, b) } else { (b, a) }
}

/// A contact and those that hang together with it.
struct Group {
    first: ContactId,
    fellows: Vec<Fellow>,
}

impl Group {
    /// Follows the links, breadth first. One contact more than a person has is enough to know.
    async fn of(tx: &mut Transaction, tenant: &TenantId, first: &ContactId) -> Result<Self> {
        let mut group = Self { first: first.clone(), fellows: Vec::new() };
        let mut next = VecDeque::from([first.clone()]);
        while let Some(contact) = next.pop_front() {
            let select = sql("SELECT one, other, kind, since FROM person_links \
                 WHERE tenant = $1 AND (one = $2 OR other = $2) AND separated_at IS NULL \
                 ORDER BY since, one, other");
            for row in tx.all(select.bind(tenant).bind(&contact).limit(ROWS_MAX)).await? {
                let fellow = read_pair(&row)?.from(&contact);
                if !group.has(&fellow.contact) && group.fellows.len() < CONTACTS_MAX {
                    next.push_back(fellow.contact.clone());
                    group.fellows.push(fellow);
                }
            }
        }
        Ok(group)
    }

    fn has(&self, contact: &ContactId) -> bool {
        self.first == *contact || self.fellows.iter().any(|fellow| fellow.contact == *contact)
    }

    fn contacts(self) -> BTreeSet<ContactId> {
        core::iter::once(self.first)
            .chain(self.fellows.into_iter().map(|one| one.contact))
            .collect()
    }
}

/// Does nothing speak against all of these being one person? The pairs of `again` were told apart, and
/// somebody takes that back.
async fn may_be_one(
    tx: &mut Transaction,
    tenant: &TenantId,
    contacts: &BTreeSet<ContactId>,
    again: &[Pair],
) -> Result<bool> {
    if contacts.len() > CONTACTS_MAX {
        return Ok(false);
    }
    for contact in contacts {
        for pair in separated_pairs(tx, tenant, contact).await? {
            let is_between = contacts.contains(&pair.one) && contacts.contains(&pair.other);
            if is_between && !again.contains(&pair) {
                return Ok(false);
            }
        }
    }
    ids_agree(tx, tenant, contacts).await
}

/// Has no directory two ids for these?
async fn ids_agree(
    tx: &mut Transaction,
    tenant: &TenantId,
    contacts: &BTreeSet<ContactId>,
) -> Result<bool> {
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for contact in contacts {
        for (directory, id) in directory_ids(tx, tenant, contact).await? {
            if ids.insert(directory, id.clone()).is_some_and(|known| known != id) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

async fn separated_pairs(
    tx: &mut Transaction,
    tenant: &TenantId,
    contact: &ContactId,
) -> Result<Vec<Pair>> {
    let select = sql("SELECT one, other, kind, since FROM person_links \
         WHERE tenant = $1 AND (one = $2 OR other = $2) AND separated_at IS NOT NULL \
         ORDER BY one, other");
    let rows = tx.all(select.bind(tenant).bind(contact).limit(ROWS_MAX)).await?;
    rows.iter().map(read_pair).collect()
}

async fn directory_ids(
    tx: &mut Transaction,
    tenant: &TenantId,
    contact: &ContactId,
) -> Result<Vec<(String, String)>> {
    let select = sql("SELECT scope, value FROM evidence \
         WHERE tenant = $1 AND contact = $2 AND kind = 'directory_id' ORDER BY scope");
    let rows = tx.all(select.bind(tenant).bind(contact)).await?;
    rows.iter().map(|row| Ok((row.get("scope")?, row.get("value")?))).collect()
}

async fn keep(
    tx: &mut Transaction,
    tenant: &TenantId,
    contact: &ContactId,
    evidence: &[Evidence],
    now: Timestamp,
) -> Result<()> {
    let forget = sql("DELETE FROM evidence WHERE tenant = $1 AND contact = $2");
    tx.write(forget.bind(tenant).bind(contact)).await?;
    for piece in evidence {
        let insert = sql("INSERT INTO evidence (tenant, contact, kind, scope, value, seen_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, contact, kind, scope) \
             DO UPDATE SET value = excluded.value, seen_at = excluded.seen_at");
        let insert = insert
            .bind(tenant)
            .bind(contact)
            .bind(tag("kind", &piece.kind())?)
            .bind(piece.scope())
            .bind(piece.value())
            .bind(now);
        tx.write(insert).await?;
    }
    Ok(())
}

/// The contacts that have the same evidence, and had it lately; none when so many have it that it cannot be
/// one person's.
async fn sharing(
    tx: &mut Transaction,
    tenant: &TenantId,
    contact: &ContactId,
    piece: &Evidence,
    now: Timestamp,
) -> Result<BTreeSet<ContactId>> {
    let select =
        sql("SELECT contact FROM evidence WHERE tenant = $1 AND kind = $2 AND scope = $3 \
         AND value = $4 AND contact <> $5 AND seen_at >= $6 ORDER BY contact");
    let select = select
        .bind(tenant)
        .bind(tag("kind", &piece.kind())?)
        .bind(piece.scope())
        .bind(piece.value())
        .bind(contact)
        .bind(Timestamp(now.0.saturating_sub(EVIDENCE_MS)));
    let mut rows = tx.all(select.limit(SHARING_MAX)).await?;
    if piece.kind() == EvidenceKind::Email {
        // Who writes mail that is proved to be theirs has the address for as long as they are known by it.
        let select = sql("SELECT contact FROM identities WHERE tenant = $1 AND kind = 'email' \
             AND lower(value) = $2 AND verified = $3 AND contact <> $4 ORDER BY contact");
        let select = select.bind(tenant).bind(piece.value()).bind(true).bind(contact);
        rows.extend(tx.all(select.limit(SHARING_MAX)).await?);
    }
    let sharing: BTreeSet<ContactId> =
        rows.iter().map(|row| row.word("contact")).collect::<Result<_>>()?;
    Ok(if sharing.len() < CONTACTS_MAX { sharing } else { BTreeSet::new() })
}

async fn link(
    tx: &mut Transaction,
    tenant: &TenantId,
    (contact, other): (&ContactId, &ContactId),
    by: EvidenceKind,
    now: Timestamp,
) -> Result<()> {
    let (one, second) = in_order(contact, other);
    let insert = sql("INSERT INTO person_links (tenant, one, other, kind, since) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING");
    let insert = insert.bind(tenant).bind(one).bind(second).bind(tag("kind", &by)?).bind(now);
    tx.write(insert).await.map(drop)
}
